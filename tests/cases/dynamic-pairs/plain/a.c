int variable = 7;
int five_times(int x) { return 5 * x; }
