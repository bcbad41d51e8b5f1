// Attention roll-out beside a plain computation with the weights of attention that transformers' own packages
// compute (tests/golden/make_attention_rollouts.py).
#include "models/training/attention_rollout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "base/tensor/npy.h"
#include "models/formats/weight_files.h"
#include "models/weights/initial_weights.h"
#include "tests/models/networks.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

class RolloutGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(RolloutGolden, IsThePlainComputations) {
  const std::filesystem::path folder = golden("transformers") / GetParam();
  const Architecture architecture = load_architecture(folder / "model.yaml");
  const Model model = load_model(folder / "weights.safetensors", &architecture);
  const ActivationMap map =
      AttentionRollout(architecture, model.weights).shares(read_npy(folder / "input.npy"));
  const Tensor expected = read_npy(folder / "rollout.npy");
  ASSERT_EQ(static_cast<std::int64_t>(map.values.size()), expected.size());
  EXPECT_EQ((Shape{map.frames, map.height, map.width}), expected.shape());
  for (std::int64_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(map.values[static_cast<std::size_t>(i)], expected[i], 1e-5) << i;
}

INSTANTIATE_TEST_SUITE_P(All, RolloutGolden, ::testing::Values("videomae_s", "timesformer_b", "swin3d_t"),
                         [](const auto& one) { return std::string(one.param); });

// Pooled attention has no such computation of its own; all that it looks at is there, and adds up.
TEST(AttentionRollout, FollowsPooledAttentionToThePatches) {
  const std::filesystem::path folder = golden("transformers/mvit_v2_s");
  const Architecture architecture = load_architecture(folder / "model.yaml");
  const Model model = load_model(folder / "weights.safetensors", &architecture);
  const ActivationMap map =
      AttentionRollout(architecture, model.weights).shares(read_npy(folder / "input.npy"));
  EXPECT_NEAR(std::accumulate(map.values.begin(), map.values.end(), 0.0), 1, 1e-5);
  EXPECT_GT(*std::ranges::min_element(map.values), 0);
}

TEST(AttentionRollout, SaysWhenANetworkDoesNotAttend) {
  const Architecture architecture = network("  - {layer: conv3d, filters: 2, kernel: 3}\n");
  EXPECT_FALSE(attends(architecture.graph));
  EXPECT_THROW(AttentionRollout(architecture, initial_weights(architecture, 1)), UsageError);
}

}  // namespace
}  // namespace actionflow::testing
