#include "models/network/machine_kernels.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"
#include "base/log/log.h"
#include "base/machine/processor.h"
#include "models/network/onednn_version.h"

namespace actionflow {
namespace {

std::string instruction_set() {
  if (has_avx512()) return has_avx512_bf16() ? "avx512_bf16" : "avx512";
  return has_avx2() ? "avx2" : "generic";
}

std::filesystem::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') return cache;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".cache";
  return {};
}

}  // namespace

KernelSetting KernelSetting::from_text(const std::string& text) {
  if (text == "auto") return {};
  if (text == "fixed") return {Kind::fixed};
  return {Kind::file, text};
}

std::string machine_text() {
  return fmt::format("{}, {}, oneDNN {}", processor_name(), instruction_set(), onednn_version());
}

std::filesystem::path machine_kernels_file() {
  const std::filesystem::path cache = cache_folder();
  if (cache.empty()) return {};
  return cache / "actionflow" / "kernels" / fmt::format("{:016x}.json", fnv1a(machine_text()));
}

std::shared_ptr<const kernels::KernelChoices> kernels_of(const KernelSetting& setting) {
  using kernels::KernelChoices;
  if (setting.kind == KernelSetting::Kind::fixed) return nullptr;
  if (setting.kind == KernelSetting::Kind::file)
    return std::make_shared<const KernelChoices>(KernelChoices::read(setting.file));
  const std::filesystem::path own = machine_kernels_file();
  std::error_code error;
  if (own.empty() || !std::filesystem::exists(own, error)) return nullptr;
  try {
    return std::make_shared<const KernelChoices>(KernelChoices::read(own));
  } catch (const Error& unusable) {
    log::warn("{}; kernels are taken in their fixed order", unusable.what());
    return nullptr;
  }
}

std::string kernels_text(const kernels::KernelChoices* choices) {
  return choices == nullptr ? "fixed" : "measured " + choices->digest();
}

}  // namespace actionflow

namespace actionflow::config {

bool Type<KernelSetting>::read(const Reading& reading, KernelSetting& to) {
  if (!reading.value.is_scalar() || reading.value.text().empty()) {
    reading.refuse("auto, fixed or a file");
    return false;
  }
  to = KernelSetting::from_text(reading.value.text());
  return to.kind != KernelSetting::Kind::file || Path::read(reading, to.file);
}

Value Type<KernelSetting>::write(const KernelSetting& value, const Value* origin) {
  switch (value.kind) {
    case KernelSetting::Kind::automatic:
      return Type<std::string>::write("auto", origin);
    case KernelSetting::Kind::fixed:
      return Type<std::string>::write("fixed", origin);
    case KernelSetting::Kind::file:
      break;
  }
  return Path::write(value.file, origin);
}

}  // namespace actionflow::config
