// The networks of configs/models/ that others defined say what those definitions say: tests/golden/networks/,
// made by make_network_goldens.py from torchvision's and PyTorchVideo's modules. Every parameter's value is a
// formula of its name, so a name that is not the source's is found here too.
#include <gtest/gtest.h>

#include <cmath>

#include "base/npy.h"
#include "models/network/network.h"
#include "tests/models/kernels/training_formulas.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

float spread(const Parameter& parameter) {
  if (parameter.role == "kernel") {
    const std::int64_t fan_in = element_count(parameter.shape) / parameter.shape[0];
    return static_cast<float>(std::sqrt(6.0 / static_cast<double>(fan_in)));
  }
  if (parameter.role == "gamma") return 0.3F;
  if (parameter.role == "moving_variance") return 0.5F;
  return parameter.role == "bias" ? 0.1F : 0.2F;
}

Weights formula_weights(const Architecture& architecture) {
  Weights weights;
  for (const LayerInfo& layer : architecture.layers)
    for (const Parameter& parameter : layer.parameters) {
      Tensor values = noise_of_shape(parameter.shape, name_stream(parameter.name), spread(parameter));
      if (parameter.role == "gamma" || parameter.role == "moving_variance")
        for (float& value : values.values()) value += 1;
      weights.tensors.emplace(parameter.name, std::move(values));
    }
  return weights;
}

Tensor formula_clip(const Extents& clip) {
  return noise_of_shape({1, clip.c, clip.t, clip.h, clip.w}, name_stream("input"));
}

class NetworkDefinition : public ::testing::TestWithParam<const char*> {};

TEST_P(NetworkDefinition, SaysWhatItsSourceSays) {
  const Tensor expected = read_npy(golden("networks") / (std::string(GetParam()) + ".npy"));
  const Architecture architecture = shipped_network(GetParam());
  const auto network = Network::compile(architecture, formula_weights(architecture));
  Workspace workspace(*network);
  const Tensor scores = network->predict(formula_clip(architecture.graph.input), workspace);
  const Deviation off = deviation(Tensor(scores).reshaped(expected.shape()), expected);
  EXPECT_LT(off.largest, 1e-4) << "of the largest score; mean " << off.mean;
}

INSTANTIATE_TEST_SUITE_P(All, NetworkDefinition,
                         ::testing::Values("r3d_18", "mc3_18", "r2plus1d_18", "s3d", "x3d_xs", "x3d_s",
                                           "x3d_m", "slow_r50", "c2d_r50", "i3d_r50", "csn_r101"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace actionflow::testing
