// --weights, --precision and --threads, which several commands share, and the network they name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "models/formats/weight_files.h"
#include "models/network/machine_kernels.h"
#include "models/network/network.h"
#include "pipeline/commands/arguments/command.h"

namespace actionflow {

// --precision
void add_precision(CLI::App& app, std::optional<Precision>& to);
// --kernels
void add_kernels(CLI::App& app, std::optional<KernelSetting>& to);

struct NetworkFlags {
  std::string weights;
  std::optional<Precision> precision;    // f32 unless told
  std::optional<KernelSetting> kernels;  // auto unless told
  int threads = 0;                       // 0: as many as there are processors

  void declare(CLI::App& app);

  // The network that MODEL.yaml (the only file, if any) and --weights name, with its weights.
  Model load(const Arguments& arguments) const;
  // `options` with the flags' precision, threads and, where it has none, kernels.
  std::shared_ptr<const Network> compile(const Model& model, NetworkOptions options) const;
  // Threads inside a call on so many new samples, 0 for whole clips.
  int resolved_threads(std::int64_t samples) const;
};

}  // namespace actionflow
