// The networks of configs/models/ that others defined say what those definitions say: tests/golden/networks/,
// made by make_network_goldens.py from the modules of torchvision, PyTorchVideo and others. Every parameter's
// value is a formula of its name, so a name that is not the source's is found here too.
#include <gtest/gtest.h>

#include <cmath>

#include "base/tensor/npy.h"
#include "models/network/network.h"
#include "tests/models/kernels/training_formulas.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"

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
  // The gates of TensorFlow's MoViNet stream are 1.00002 times ours (configs/models/movinet_a0_stream.yaml).
  const double most = std::string(GetParam()) == "movinet_a0_stream" ? 2e-4 : 1e-4;
  EXPECT_LT(off.largest, most) << "of the largest score; mean " << off.mean;
}

INSTANTIATE_TEST_SUITE_P(All, NetworkDefinition,
                         ::testing::Values("r3d_18", "mc3_18", "r2plus1d_18", "s3d", "x3d_xs", "x3d_s",
                                           "x3d_m", "slow_r50", "c2d_r50", "i3d_r50", "csn_r101",
                                           "slowfast_r50", "tsm_r50", "i3d", "movinet_a0",
                                           "movinet_a0_stream"),
                         [](const auto& tested) { return std::string(tested.param); });

// Its scores of each sample, before the last one is chosen.
Architecture scores_of_each_sample() {
  const std::vector<config::Override> small{
      {"input.frames", "12"}, {"input.height", "48"}, {"input.width", "48"}};
  Architecture architecture =
      load_architecture(project_root() / "configs/models/movinet_a0_stream.yaml", small);
  architecture.graph.nodes.pop_back();
  architecture.graph.output = static_cast<int>(architecture.graph.nodes.size()) - 1;
  architecture.streams = true;
  return architecture;
}

TEST(MovinetStream, SaysSampleBySampleWhatItSaysOfTheClip) {
  const Architecture architecture = scores_of_each_sample();
  const Weights weights = formula_weights(architecture);
  const Tensor clip = formula_clip(architecture.graph.input);
  const auto whole = Network::compile(architecture, weights);
  Workspace of_clip(*whole);
  const Tensor expected = whole->predict(clip, of_clip);
  for (const std::int64_t count : {1, 4}) {
    const auto stream = Network::compile(architecture, weights, {.samples = count});
    Workspace along(*stream);
    for (std::int64_t first = 0; first < 12; first += count)
      EXPECT_TRUE(
          same_bits(stream->predict(samples(clip, first, count), along), samples(expected, first, count)))
          << count << " a call, from " << first;
  }
}

}  // namespace
}  // namespace actionflow::testing
