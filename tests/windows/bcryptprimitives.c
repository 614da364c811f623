// The one function of bcryptprimitives.dll that Go needs (runtime.readRandom), for versions of Wine without it.
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID data, ULONG size); // RtlGenRandom, of advapi32.dll

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
	return SystemFunction036(data, (ULONG)size);
}
