// The tests' own main(): this program is started anew to read HDF5 files, as the real one is.
#include <gmock/gmock.h>

#include "models/formats/hdf5/hdf5_child.h"

#ifdef __SANITIZE_ADDRESS__
// A crash of the HDF5 library in the child has to show as the signal that it is.
extern "C" const char* __asan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_abort=0:abort_on_error=1";
}
#endif

int main(int argc, char** argv) {
  if (const auto code = actionflow::run_hdf5_child(argc, argv)) return *code;
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
