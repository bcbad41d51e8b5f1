// The tests' own main(): this process is set up as the program is.
#include <gmock/gmock.h>

#include "pipeline/process_setup.h"

int main(int argc, char** argv) {
  actionflow::set_up_process();
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
