// How long threads inside one call of a network spin before they sleep. Linked into the program only.
//
// libgomp spins for milliseconds by default: on a machine that does other things too, a network of many short
// steps then runs ten times slower than it could (robust_3d on two threads beside two busy processes: 36 ms
// instead of 3). It has no function to set this; its constructor reads GOMP_SPINCOUNT, before main().
//
// What .preinit_array names runs before the constructors of shared libraries, but before the C library has an
// environment that can grow. So an entry that no library reads as it is loaded, PATH, makes room until they
// are, and stands again before any constructor of the program. GOMP_SPINCOUNT and OMP_WAIT_POLICY of the
// user's rule. Without PATH libgomp's default stays.
namespace {

// Some ten microseconds: longer than the gap between two kernels' barriers, far shorter than a time slice.
char spin_count[] = "GOMP_SPINCOUNT=3000";

char** place = nullptr;
char* path = nullptr;

// Before libraries are set up: no calls, and nothing that a sanitiser would watch.
#define ACTIONFLOW_EARLY __attribute__((no_sanitize("address", "thread", "undefined")))

ACTIONFLOW_EARLY bool names(const char* entry, const char* name) {
  while (*name != '\0' && *entry == *name) ++entry, ++name;
  return *name == '\0' && *entry == '=';
}

ACTIONFLOW_EARLY void before_libraries(int, char**, char** environment) {
  char** found = nullptr;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (names(*entry, "GOMP_SPINCOUNT") || names(*entry, "OMP_WAIT_POLICY")) return;
    if (names(*entry, "PATH")) found = entry;
  }
  if (found == nullptr) return;
  place = found;
  path = *found;
  *found = spin_count;
}

__attribute__((constructor(101))) void after_libraries() {
  if (place != nullptr) *place = path;
}

__attribute__((section(".preinit_array"),
               used)) void (*const run_before_libraries)(int, char**, char**) = before_libraries;

}  // namespace
