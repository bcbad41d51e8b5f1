// The networks that the project ships, against the counts of those who made them.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "models/description/architecture.h"
#include "tests/models/networks.h"

namespace actionflow {
namespace {

using testing::result_of;
using testing::shipped_network;

struct Counted {
  const char* name;
  std::int64_t parameters;
};

// As Keras' model.summary() counts, moving statistics included. fusion_projection is this project's own.
class SeedNetwork : public ::testing::TestWithParam<Counted> {};

TEST_P(SeedNetwork, HasExactlyItsParameters) {
  EXPECT_EQ(shipped_network(GetParam().name).parameter_count(), GetParam().parameters);
}

TEST_P(SeedNetwork, EndsInItsClasses) {
  const Architecture net = shipped_network(GetParam().name);
  const Extents result = result_of(net);
  EXPECT_EQ(result.positions(), 1);
  EXPECT_EQ(result.c == 1 ? 2 : result.c, static_cast<std::int64_t>(net.classes.size()));
}

INSTANTIATE_TEST_SUITE_P(
    All, SeedNetwork,
    ::testing::Values(Counted{"naive_2d", 308'426}, Counted{"naive_3d", 1'232'714},
                      Counted{"robust_3d", 111'946}, Counted{"multichannel_3d", 179'642},
                      Counted{"fusion_pool", 426'565}, Counted{"fusion_projection", 434'821},
                      Counted{"fusion_fold", 1'532'485}, Counted{"fusion_concat", 574'661},
                      Counted{"cnn_lstm", 155'717}, Counted{"cnn_lstm_rows", 2'236'613},
                      Counted{"conv3d_strided", 3'082}, Counted{"simple_3d", 11'873},
                      Counted{"batchnorm_3d", 12'001}, Counted{"batchnorm_3d_torch", 12'001},
                      Counted{"multilayer_3d", 68'481}),
    [](const auto& tested) { return std::string(tested.param.name); });

// GMAC of MoViNet-A0's head, 480 to 2048 to 400 channels: at each sample, where its stream form is published
// without.
constexpr double kHeadOfMovinet = (480.0 * 2048 + 2048.0 * 400) * 1e-9;

struct Published {
  const char* name;
  std::int64_t trainable;
  // As published, or counted on the modules of torchvision, PyTorchVideo, mmaction2 and transformers.
  double gmac;
};

class PublishedNetwork : public ::testing::TestWithParam<Published> {};

TEST_P(PublishedNetwork, HasItsAuthorsCounts) {
  const Architecture net = shipped_network(GetParam().name);
  EXPECT_EQ(net.trainable_parameter_count(), GetParam().trainable);
  EXPECT_NEAR(static_cast<double>(net.macs()) * 1e-9, GetParam().gmac, 0.01 * GetParam().gmac);
  EXPECT_EQ(result_of(net), (Extents{400, 1, 1, 1}));
}

INSTANTIATE_TEST_SUITE_P(
    All, PublishedNetwork,
    ::testing::Values(Published{"c3d", 79'634'576, 38.55}, Published{"r3d_18", 33'371'472, 40.70},
                      Published{"mc3_18", 11'695'440, 43.34}, Published{"r2plus1d_18", 31'505'325, 40.52},
                      Published{"s3d", 8'320'048, 17.98}, Published{"x3d_xs", 3'794'274, 0.605},
                      Published{"x3d_s", 3'794'274, 1.963}, Published{"x3d_m", 3'794'274, 4.732},
                      Published{"slow_r50", 32'454'096, 41.74}, Published{"c2d_r50", 24'327'632, 19.49},
                      Published{"i3d_r50", 28'043'472, 28.41}, Published{"csn_r101", 22'213'776, 56.47},
                      Published{"videomae_s", 22'033'936, 56.878},
                      Published{"videomae_b", 86'534'800, 180.345},
                      Published{"timesformer_b", 121'566'352, 195.830},
                      Published{"mvit_v2_s", 34'537'744, 64.224}, Published{"swin3d_t", 28'158'070, 43.882},
                      Published{"slowfast_r50", 34'566'488, 50.31}, Published{"tsm_r50", 24'327'632, 32.97},
                      Published{"mmaction2_i3d_r50", 28'043'472, 33.128},
                      Published{"mmaction2_c2d_r50", 24'327'632, 19.290},
                      Published{"mmaction2_csn_r50", 13'131'152, 42.309},
                      Published{"mmaction2_csn_r152", 29'703'568, 74.046},
                      Published{"mmaction2_slowfast_r50", 34'565'560, 50.309},
                      Published{"i3d", 12'697'264, 111.15}, Published{"movinet_a0", 2'701'999, 2.63},
                      Published{"movinet_a0_stream", 3'338'231, 50 * (0.0485 + kHeadOfMovinet)}),
    [](const auto& tested) { return std::string(tested.param.name); });

// Its paper gives two digits of a million.
TEST(ShippedNetworks, EcoLiteHasItsAuthorsCounts) {
  const Architecture net = shipped_network("eco_lite");
  EXPECT_NEAR(static_cast<double>(net.trainable_parameter_count()) * 1e-6, 37.50, 0.005);
  EXPECT_NEAR(static_cast<double>(net.macs()) * 1e-9, 46.5, 0.465);
}

TEST(ShippedNetworks, ReadBackFromTheirOwnTextAsTheSame) {
  for (const auto& file : std::filesystem::directory_iterator(testing::project_root() / "configs/models")) {
    const Architecture net = load_architecture(file.path());
    const Architecture again = parse_architecture(net.yaml, "header");
    EXPECT_EQ(difference(net, again), "") << file.path();
    EXPECT_EQ(net.name, again.name);
    EXPECT_EQ(net.yaml, again.yaml);
    EXPECT_EQ(net.name, file.path().stem());
  }
}

TEST(ShippedNetworks, NameEveryParameterOnce) {
  for (const auto& file : std::filesystem::directory_iterator(testing::project_root() / "configs/models")) {
    std::set<std::string> names;
    std::size_t parameters = 0;
    for (const LayerInfo& layer : load_architecture(file.path()).layers) {
      for (const Parameter& parameter : layer.parameters) names.insert(parameter.name);
      parameters += layer.parameters.size();
    }
    EXPECT_EQ(names.size(), parameters) << file.path();
  }
}

// torchvision's r3d_18 has 20 convolutions with a norm each, and fc.
TEST(ShippedNetworks, CallResidualLayersAsTorchvisionDoes) {
  const Architecture net = shipped_network("r3d_18");
  std::set<std::string> names;
  for (const LayerInfo& layer : net.layers) names.insert(layer.name);
  for (const char* name : {"stem.0", "stem.1", "layer1.0.conv1.0", "layer1.1.conv2.1",
                           "layer2.0.downsample.0", "layer4.0.downsample.1", "layer4.1.conv2.0", "fc"}) {
    EXPECT_TRUE(names.count(name) == 1) << name;
  }
}

TEST(ShippedNetworks, FoldTimeIntoHeightAndChannelsAsTheOriginal) {
  const Architecture net = shipped_network("fusion_fold");
  for (const LayerInfo& layer : net.layers) {
    if (layer.type == "reshape") {
      EXPECT_EQ(layer.output, (Extents{1024, 1, 2, 16}));
    }
  }
}

TEST(ShippedNetworks, GiveTheLstmSixSteps) {
  const Architecture net = shipped_network("cnn_lstm");
  for (const GraphNode& node : net.graph.nodes) {
    if (std::holds_alternative<Recurrent>(node.operation)) {
      EXPECT_EQ(net.graph.extents(node.inputs.at(0)), (Extents{64, 6, 1, 1}));
    }
  }
}

}  // namespace
}  // namespace actionflow
