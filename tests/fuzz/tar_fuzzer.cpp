// Feeds bytes to the reader of tar archives.
#include "tests/fuzz/tar_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const bool mended : {false, true}) actionflow::testing::reads_tar(bytes, mended);
  return 0;
}
