#include "models/inspection/network_page.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "models/inspection/network_drawing.h"
#include "models/inspection/weight_histogram.h"
#include "models/weights/initial_weights.h"
#include "tests/models/networks.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(WeightHistogram, CountsInEqualPartsAndApartWhatIsNoNumber) {
  Tensor values({6}, std::vector<float>{0, 0.1F, 31.9F, 32, NAN, 16.5F});
  const WeightHistogram histogram = histogram_of({&values});
  EXPECT_EQ(histogram.count, 5);
  EXPECT_EQ(histogram.not_numbers, 1);
  EXPECT_EQ(histogram.bins.front(), 2);
  EXPECT_EQ(histogram.bins[16], 1);
  EXPECT_EQ(histogram.bins.back(), 2);
  EXPECT_FLOAT_EQ(histogram.greatest, 32);
}

class NetworkPage : public ::testing::Test {
 protected:
  // Weights that look trained: normal, with some far out.
  NetworkPage() {
    for (auto& [name, tensor] : weights_.tensors) {
      std::uint32_t state = 1;
      for (float& value : tensor.values()) {
        float sum = 0;
        for (int i = 0; i < 6; ++i) {
          state = state * 1664525U + 1013904223U;
          sum += static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U) - 0.5F;
        }
        value = sum;
      }
    }
  }
  std::string page() const { return network_page(net_, weights_); }

  Architecture net_ = shipped_network("robust_3d");
  Weights weights_ = initial_weights(net_, 3);
};

TEST_F(NetworkPage, ShowsEachLayersShapeFieldCostAndWeights) {
  EXPECT_THAT(page(), AllOf(HasSubstr("stage1.conv"), HasSubstr("16×10×64×64"), HasSubstr("3×3×3"),
                            HasSubstr("<svg"), Not(HasSubstr("http")), Not(HasSubstr("as initialised"))));
  EXPECT_THAT(network_page(net_, {}), Not(HasSubstr("<svg")));
}

TEST_F(NetworkPage, MarksALayerThatWasNeverLoaded) {
  weights_.tensors.at("stage2.conv.kernel") = initial_weights(net_, 3).tensors.at("stage2.conv.kernel");
  EXPECT_THAT(page(), HasSubstr("kernel: spread evenly, as initialised"));
  std::ranges::fill(weights_.tensors.at("stage3.conv.kernel").values(), 0.0F);
  EXPECT_THAT(page(), HasSubstr("kernel: all are 0"));
}

TEST_F(NetworkPage, NamesAreNoMarkup) {
  net_.layers.front().name = "<b>";
  EXPECT_THAT(page(), AllOf(HasSubstr("&lt;b&gt;"), Not(HasSubstr("<b>"))));
}

TEST(NetworkDrawing, HasABoxALayerAndArrowsAsValuesGo) {
  const Architecture net = parse_architecture(
      "name: n\ninput: {channels: 3, frames: 4, frame_rate: 10, height: 8, width: 8}\nlayers:\n"
      "  - {layer: conv3d, name: a, filters: 3, kernel: 3, padding: same, activation: relu}\n"
      "  - {layer: add, name: b, from: [input, a]}\n",
      "n");
  EXPECT_THAT(network_dot(net),
              AllOf(HasSubstr("l0 [label=\"a\\nconv3d  3×4×8×8\\n100.0 %\""), HasSubstr("clip -> l0;"),
                    HasSubstr("clip -> l1;"), HasSubstr("l0 -> l1;"), Not(HasSubstr("l0 -> l0"))));
}

}  // namespace
}  // namespace actionflow::testing
