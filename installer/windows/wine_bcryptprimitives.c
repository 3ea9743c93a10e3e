/* For the trial under Wine alone, never shipped: Wine 8 lacks this library of Windows 10, from which pyrage takes chance. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *, ULONG); /* RtlGenRandom, of advapi32 */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T size) { return SystemFunction036(to, (ULONG)size); }
