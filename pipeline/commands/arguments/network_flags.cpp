#include "pipeline/commands/arguments/network_flags.h"

#include "base/machine/machine_limits.h"
#include "pipeline/commands/arguments/flags.h"
#include "pipeline/commands/arguments/shipped_files.h"

namespace actionflow {

void add_precision(CLI::App& app, std::optional<Precision>& to) {
  add_choice<Precision>(app, "--precision", to,
                        {{"f32", Precision::f32},
                         {"bf16", Precision::bf16},
                         {"int8", Precision::int8},
                         {"auto", Precision::automatic}},
                        "of the networks' arithmetic");
}

void add_kernels(CLI::App& app, std::optional<KernelSetting>& to) {
  app.add_option_function<std::string>(
         "--kernels", [&to](const std::string& text) { to = KernelSetting::from_text(text); },
         "auto: as measured here, where `inspect --plan --tune` has; fixed: in their fixed order; or a file "
         "of "
         "measured choices")
      ->type_name("auto|fixed|FILE");
}

void NetworkFlags::declare(CLI::App& app) {
  app.add_option("--weights", weights, "of any format that convert reads")
      ->transform(find_weights)
      ->type_name("FILE");
  add_precision(app, precision);
  add_kernels(app, kernels);
  app.add_option("--threads", threads, "inside one call of a network; 0: one a processor")
      ->check(CLI::Range(0, 1024).description(""))
      ->type_name("N");
}

Model NetworkFlags::load(const Arguments& arguments) const {
  if (weights.empty()) throw UsageError("expected --weights FILE");
  if (arguments.files.size() > 1)
    throw UsageError("expected one MODEL.yaml, got " + std::to_string(arguments.files.size()));
  if (arguments.files.empty()) {
    if (!arguments.overrides.empty()) throw UsageError("key=value changes a MODEL.yaml, and none is named");
    return load_model(weights);
  }
  const Architecture architecture = load_architecture(arguments.files.front(), arguments.overrides);
  return load_model(weights, &architecture);
}

int NetworkFlags::resolved_threads(std::int64_t samples) const {
  if (threads > 0) return threads;
  // One new sample of a stream is too little work to share.
  return samples != 0 ? 1 : usable_processors();
}

std::shared_ptr<const Network> NetworkFlags::compile(const Model& model, NetworkOptions options) const {
  options.precision = precision.value_or(Precision::f32);
  options.threads = resolved_threads(options.samples);
  if (options.kernels == nullptr) options.kernels = kernels_of(kernels.value_or(KernelSetting{}));
  return Network::compile(model.architecture, model.weights, options);
}

}  // namespace actionflow
