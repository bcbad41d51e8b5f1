#include "pipeline/commands/arguments/version.h"

#include <fmt/format.h>

#include "base/machine/processor.h"
#include "datasets/video/ffmpeg_version.h"
#include "models/network/onednn_version.h"

namespace actionflow {
namespace {

std::string instruction_sets() {
  std::string found = "generic";
  if (has_avx2()) found += " avx2";
  if (has_avx512()) found += " avx512";
  if (has_avx512_bf16()) found += " avx512_bf16";
  return found;
}

}  // namespace

std::string version_text() {
  return fmt::format("actionflow {} ({})\noneDNN {}\nFFmpeg {}\ninstruction sets: {}", ACTIONFLOW_VERSION,
                     ACTIONFLOW_COMMIT, onednn_version(), ffmpeg_version(), instruction_sets());
}

}  // namespace actionflow
