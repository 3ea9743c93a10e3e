/* Starts the program in the interpreter that lies beside it, in this very process: one program in the list of tasks, its own
   name and icon. Built twice: with a window for CaseDesk.exe, with a console for the command line. */
#include <windows.h>

#include <shellapi.h>
#include <stdlib.h>
#include <wchar.h>

typedef int (*Main)(int, wchar_t **);

static int broken(void) {
  const wchar_t *text =
      L"This copy of CaseDesk is not whole. Your records are not in this folder and are safe.\n"
      L"Install CaseDesk again, or copy the whole folder again.\n\n"
      L"CaseDesk-এর এই কপিটি সম্পূর্ণ নয়। আপনার তথ্য এই ফোল্ডারে থাকে না, তা নিরাপদ আছে।\n"
      L"CaseDesk আবার ইনস্টল করুন, অথবা পুরো ফোল্ডারটি আবার কপি করুন।";
  MessageBoxW(NULL, text, L"CaseDesk", MB_ICONERROR | MB_OK);
  return 1;
}

static wchar_t *within(const wchar_t *folder, const wchar_t *name) {
  size_t room = wcslen(folder) + wcslen(name) + 2;
  wchar_t *path = malloc(room * sizeof *path);
  if (path) swprintf(path, room, L"%ls\\%ls", folder, name);
  return path;
}

static wchar_t *own_path(void) {
  for (DWORD room = MAX_PATH;; room *= 2) {
    wchar_t *path = malloc(room * sizeof *path);
    if (!path) return NULL;
    if (GetModuleFileNameW(NULL, path, room) < room) return path;
    free(path);
  }
}

static int start(void) {
  wchar_t *self = own_path(), *folder = self ? _wcsdup(self) : NULL, *end = folder ? wcsrchr(folder, L'\\') : NULL;
  if (!end) return broken();
  *end = 0;
  wchar_t *program = within(folder, L"program");
  wchar_t *dll = program ? within(program, PYTHON_DLL) : NULL, *script = program ? within(program, L"start.py") : NULL;
  if (!dll || !script) return broken();
  /* Libraries are looked for beside the interpreter and in the system, never in the folder one happens to stand in. */
  SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
  AddDllDirectory(program);
  HMODULE python = LoadLibraryExW(dll, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
  Main run = python ? (Main)(void (*)(void))GetProcAddress(python, "Py_Main") : NULL;
  if (!run) return broken();

  int said = 0;
  wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &said);
  wchar_t **all = words ? calloc(said + 6, sizeof *all) : NULL;
  if (!all) return broken();
  int count = 0;
  all[count++] = self;
  all[count++] = L"-B"; /* nothing is written where the program lies */
  all[count++] = L"-X";
  all[count++] = L"utf8";
  all[count++] = script;
  for (int each = 1; each < said; each++) all[count++] = words[each];
  return run(count, all);
}

#ifdef CONSOLE
int wmain(void) { return start(); }
#else
int WINAPI wWinMain(HINSTANCE self, HINSTANCE before, LPWSTR words, int show) {
  (void)self, (void)before, (void)words, (void)show;
  return start();
}
#endif
