// Where networks take their kernels from: the fixed order, or choices that were measured, on this machine or
// another.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/config/fields.h"
#include "models/kernels/convolution/kernel_choices.h"

namespace actionflow {

// "auto": this machine's own choices where there are any, else the fixed order. "fixed". Or a file.
struct KernelSetting {
  enum class Kind { automatic, fixed, file } kind = Kind::automatic;
  std::filesystem::path file = {};  // of kind file
  bool operator==(const KernelSetting&) const = default;

  static KernelSetting from_text(const std::string& text);
};

// "AMD EPYC 9354P 32-Core Processor, avx512, oneDNN 2.6.3": what measured choices belong to.
std::string machine_text();

// Where this machine's choices are kept: below $XDG_CACHE_HOME/actionflow/kernels, or ~/.cache; one file for
// each machine_text(). Empty where neither variable is set.
std::filesystem::path machine_kernels_file();

// Null: the fixed order. Throws ModelError for a file that is none of kernels; where it is this machine's own
// that cannot be used, one warning in the log and null.
std::shared_ptr<const kernels::KernelChoices> kernels_of(const KernelSetting& setting);

// "fixed" or "measured 1a2b3c4d", as results name it; digits that are the same choose the same.
std::string kernels_text(const kernels::KernelChoices* choices);

}  // namespace actionflow

template <>
struct actionflow::config::Type<actionflow::KernelSetting> {
  using Path = Type<std::filesystem::path>;
  static bool read(const Reading& reading, KernelSetting& to);
  static Value write(const KernelSetting& value, const Value* origin);
  static Schema schema(const Limits& limits) { return Path::schema(limits); }
};
