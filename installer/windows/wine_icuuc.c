/* For the trial under Wine alone, never shipped: Wine has no system ICU, which Windows 10 and later have. Every converter
   answers "not available", so that Qt keeps its own codecs. */
#define X __declspec(dllexport)
X void *ucnv_open(const char *n, int *e) { (void)n; if (e) *e = 4; return 0; }   /* U_FILE_ACCESS_ERROR */
X void ucnv_close(void *c) { (void)c; }
X void UCNV_FROM_U_CALLBACK_SUBSTITUTE(void) {}
X void UCNV_TO_U_CALLBACK_SUBSTITUTE(void) {}
X void ucnv_reset(void *c) { (void)c; }
X signed char ucnv_getMaxCharSize(void *c) { (void)c; return 1; }
X const char *ucnv_getName(void *c, int *e) { (void)c; if (e) *e = 4; return ""; }
X void ucnv_getToUCallBack(void) {}
X void ucnv_getFromUCallBack(void) {}
X void ucnv_setToUCallBack(void) {}
X void ucnv_setFromUCallBack(void) {}
X void ucnv_cbToUWriteUChars(void) {}
X void ucnv_toUnicode(void) {}
X void ucnv_cbFromUWriteUChars(void) {}
X int ucnv_toUCountPending(void *c, int *e) { (void)c; (void)e; return 0; }
X int ucnv_fromUCountPending(void *c, int *e) { (void)c; (void)e; return 0; }
X const char *ucnv_getStandardName(const char *a, const char *b, int *e) { (void)a; (void)b; if (e) *e = 4; return 0; }
X const char *ucnv_getAvailableName(int n) { (void)n; return 0; }
X int ucnv_countAvailable(void) { return 0; }
X void ucnv_fromUnicode(void) {}
