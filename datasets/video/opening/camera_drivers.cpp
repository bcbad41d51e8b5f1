#include "datasets/video/opening/camera_drivers.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <libavdevice/version.h>

#include <mutex>

#include "base/error.h"

namespace actionflow {

void register_camera_drivers() {
  static std::once_flag once;
  std::call_once(once, [] {
    const std::string library = fmt::format("libavdevice.so.{}", LIBAVDEVICE_VERSION_MAJOR);
    void* opened = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
    void* found = opened ? dlsym(opened, "avdevice_register_all") : nullptr;
    if (!found)
      throw Error(ExitCode::failure,
                  fmt::format("cameras at this machine need FFmpeg's libavdevice: {}", dlerror()));
    reinterpret_cast<void (*)()>(found)();
  });
}

}  // namespace actionflow
