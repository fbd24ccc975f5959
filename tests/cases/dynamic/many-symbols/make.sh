i=0; while [ $i -lt 5000 ]; do echo "int f$i(void) { return $i; }"; i=$((i + 1)); done > lib.c
