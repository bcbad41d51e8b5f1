#include "models/formats/model_fingerprint.h"

#include "base/hash.h"

namespace actionflow {

namespace {

std::string_view bits_of(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), tensor.values().size_bytes()};
}

}  // namespace

std::uint64_t model_fingerprint(const Model& model) {
  std::uint64_t hashed = fnv1a(model.architecture.yaml);
  for (const std::string& name : model.architecture.classes) hashed = fnv1a("\n" + name, hashed);
  if (model.calibration) hashed = fnv1a(print_calibration(*model.calibration), hashed);
  if (model.weights.quantization) hashed = fnv1a(print_quantization(*model.weights.quantization), hashed);
  for (const auto& [name, tensor] : model.weights.tensors)
    hashed = fnv1a(bits_of(tensor), fnv1a(name + to_string(tensor.shape()), hashed));
  return hashed;
}

}  // namespace actionflow
