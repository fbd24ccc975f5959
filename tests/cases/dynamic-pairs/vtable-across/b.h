struct Base { virtual const char *name(); virtual ~Base(); };
const char *ask(Base &);
