// The second half of a result of 64 bits.
static int kept;
void setTempRet0(int value) { kept = value; }
int getTempRet0(void) { return kept; }
