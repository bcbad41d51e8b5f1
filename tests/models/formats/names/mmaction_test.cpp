// Checkpoints of mmaction2 are those of our networks: by a map of configs/names where both compute the same,
// else by a model file of its own. What mmaction2 calls its tensors, their shapes and its outputs are its own
// word (tests/golden/make_mmaction_goldens.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/tensor/npy.h"
#include "models/formats/likeness.h"
#include "models/formats/names/match_tensors.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "tests/models/networks.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

struct MmactionCase {
  const char* name;   // mmaction2's network
  const char* model;  // ours
  const char* names;  // the map; null where the model file has mmaction2's own
};

constexpr MmactionCase kNetworks[] = {{"slow_r50", "slow_r50", "mmaction2_slow_r50"},
                                      {"tsm_r50", "tsm_r50", "mmaction2_tsm_r50"},
                                      {"c2d_r50", "mmaction2_c2d_r50", nullptr},
                                      {"i3d_r50", "mmaction2_i3d_r50", nullptr},
                                      {"csn_r50", "mmaction2_csn_r50", nullptr},
                                      {"slowfast_r50", "mmaction2_slowfast_r50", nullptr},
                                      {"timesformer_b", "timesformer_b", "mmaction2_timesformer_b"},
                                      {"videomae_s", "videomae_s", "mmaction2_videomae"},
                                      {"swin3d_t", "swin3d_t", "mmaction2_swin3d_t"},
                                      {"mvit_v2_s", "mvit_v2_s", "mmaction2_mvit_v2_s"}};

std::string name_of(const ::testing::TestParamInfo<MmactionCase>& tested) { return tested.param.name; }

std::filesystem::path map_file(const MmactionCase& tested) {
  return project_root() / "configs/names" / (std::string(tested.names) + ".yaml");
}

std::filesystem::path model_file(const MmactionCase& tested) {
  return project_root() / "configs/models" / (std::string(tested.model) + ".yaml");
}

// Lines of "NAME 64×3×7×7".
std::vector<StoredTensor> listed_tensors_of(const std::filesystem::path& file) {
  std::ifstream lines(file);
  std::vector<StoredTensor> tensors;
  std::string name, extents;
  while (lines >> name >> extents) {
    Shape shape;
    for (std::size_t at = extents.find("×"); at != std::string::npos; at = extents.find("×"))
      extents.replace(at, std::string("×").size(), " ");
    std::istringstream numbers(extents);
    for (std::int64_t extent = 0; numbers >> extent;) shape.push_back(extent);
    tensors.push_back({.name = name, .shape = shape});
  }
  return tensors;
}

class MmactionNames : public ::testing::TestWithParam<MmactionCase> {};

TEST_P(MmactionNames, AreTheNetworks) {
  const std::vector<StoredTensor> tensors =
      listed_tensors_of(golden("mmaction2") / (std::string(GetParam().name) + ".txt"));
  ASSERT_GT(tensors.size(), 100U);
  const Architecture architecture = load_architecture(model_file(GetParam()));
  const NameMap names =
      GetParam().names == nullptr ? NameMap() : load_name_map(map_file(GetParam()), architecture);
  const TensorMatch match = match_tensors(tensors, architecture, names);
  EXPECT_EQ(describe_mismatch(match), "");
  EXPECT_THAT(match.outside, ::testing::IsEmpty());
}

// As inspect tries them: the map says whose names it has, and by them all of the network is there.
TEST_P(MmactionNames, SayWhoseTheyAre) {
  if (GetParam().names == nullptr) GTEST_SKIP() << "needs no map";
  EXPECT_THAT(models_of_name_map(map_file(GetParam())), ::testing::Contains(GetParam().model));
  std::vector<ListedTensor> listed;
  for (const StoredTensor& tensor :
       listed_tensors_of(golden("mmaction2") / (std::string(GetParam().name) + ".txt")))
    listed.push_back({.name = tensor.name, .shape = tensor.shape});
  const Architecture architecture = load_architecture(model_file(GetParam()));
  const Likeness by_map = likeness(listed, architecture, load_name_map(map_file(GetParam()), architecture));
  EXPECT_EQ(by_map.fitting, by_map.parameters);
  EXPECT_GT(by_map.share(), likeness(listed, architecture).share());
}

INSTANTIATE_TEST_SUITE_P(All, MmactionNames, ::testing::ValuesIn(kNetworks), name_of);

// Whole networks with weights; the files are too large to keep.
std::filesystem::path mmaction_golden(const std::string& name) {
  const char* const named = std::getenv("ACTIONFLOW_LARGE_GOLDENS");
  const std::filesystem::path folder =
      std::filesystem::path(named == nullptr ? "" : named) / ("mmaction2_" + name);
  return named != nullptr && std::filesystem::exists(folder) ? folder : std::filesystem::path();
}

double difference_from(const Model& model, const std::filesystem::path& folder) {
  const auto network = Network::compile(model.architecture, model.weights);
  Workspace workspace(*network);
  const Tensor output = network->predict(read_npy(folder / "input.npy"), workspace);
  const Tensor expected = read_npy(folder / "output.npy");
  EXPECT_EQ(output.size(), expected.size());
  double largest = 0, scale = 0;
  for (std::int64_t i = 0; i < std::min(output.size(), expected.size()); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(output[i]) - expected[i]));
    scale = std::max(scale, std::abs(static_cast<double>(expected[i])));
  }
  return largest / scale;
}

class MmactionZoo : public ::testing::TestWithParam<MmactionCase> {
 protected:
  void SetUp() override {
    if (folder_.empty())
      GTEST_SKIP() << "needs $ACTIONFLOW_LARGE_GOLDENS, a folder that make_mmaction_goldens.py makes";
  }
  std::filesystem::path folder_ = mmaction_golden(GetParam().name);
  ScratchFolder scratch_;
  std::filesystem::path out_ = scratch_.path() / "out.safetensors";
};

TEST_P(MmactionZoo, GivesItsOutputFromItsCheckpoint) {
  ConvertOptions options{.model_file = model_file(GetParam())};
  if (GetParam().names != nullptr) options.name_map = map_file(GetParam());
  convert_weights(folder_ / "weights.pth", out_, options);
  const double difference = difference_from(load_model(out_), folder_);
  RecordProperty("largest_relative_difference", std::to_string(difference));
  EXPECT_LT(difference, 1e-4);
}

TEST_P(MmactionZoo, GivesItsOutputFromItsOnnx) {
  convert_weights(folder_ / "net.onnx", out_, {});
  const double difference = difference_from(load_model(out_), folder_);
  RecordProperty("largest_relative_difference", std::to_string(difference));
  EXPECT_LT(difference, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, MmactionZoo, ::testing::ValuesIn(kNetworks), name_of);
INSTANTIATE_TEST_SUITE_P(Larger, MmactionZoo,
                         ::testing::Values(MmactionCase{"csn_r152", "mmaction2_csn_r152", nullptr},
                                           MmactionCase{"videomae_b", "videomae_b", "mmaction2_videomae"}),
                         name_of);

}  // namespace
}  // namespace actionflow::testing
