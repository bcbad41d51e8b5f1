// The tests' own main(): this program is started anew to read HDF5 files, as the real one is.
#include <gmock/gmock.h>

#include "models/formats/hdf5_child.h"

int main(int argc, char** argv) {
  if (const auto code = actionflow::run_hdf5_child(argc, argv)) return *code;
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
