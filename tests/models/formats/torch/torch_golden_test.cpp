// Files that torch.save() and safetensors wrote of small modules, read, computed with and written again.
// Expected values are PyTorch's own (tests/golden/make_torch_goldens.py, which says what each case holds).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/tensor/npy.h"
#include "models/formats/named_model.h"
#include "models/formats/weight_files.h"
#include "models/formats/weight_format.h"
#include "models/network/network.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

std::vector<std::string> torch_cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden("torch")))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path weights_file(const std::filesystem::path& folder) {
  for (const char* name : {"weights.pth", "model.safetensors", "model.safetensors.index.json"}) {
    if (std::filesystem::exists(folder / name)) return folder / name;
  }
  return folder;
}

double largest_relative_difference(const Tensor& actual, const Tensor& expected) {
  EXPECT_EQ(actual.shape(), expected.shape());
  if (actual.shape() != expected.shape()) return INFINITY;
  double largest = 0, scale = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(actual[i]) - expected[i]));
    scale = std::max(scale, std::abs(static_cast<double>(expected[i])));
  }
  return largest / scale;
}

void expect_same_weights(const Model& a, const Model& b) {
  ASSERT_EQ(a.weights.tensors.size(), b.weights.tensors.size());
  for (const auto& [name, tensor] : a.weights.tensors)
    EXPECT_THAT(b.weights.tensors.at(name).values(), ::testing::ElementsAreArray(tensor.values())) << name;
}

// A layer that is a convolution here may be a Linear there.
Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

class TorchGolden : public ::testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path folder_ = golden("torch") / GetParam();
  Architecture architecture_ = load_architecture(folder_ / "model.yaml");
  ScratchFolder scratch_;
};

TEST_P(TorchGolden, GivesPyTorchsOutput) {
  const Model model = load_model(weights_file(folder_), &architecture_);
  const Tensor input = read_npy(folder_ / "input.npy");
  const auto network = Network::compile(model.architecture, model.weights, {.batch = input.dim(0)});
  Workspace workspace(*network);
  const Tensor output = network->predict(input, workspace);
  EXPECT_LT(largest_relative_difference(output, read_npy(folder_ / "output.npy")), 1e-5);
}

TEST_P(TorchGolden, IsTheSameWhenWrittenForPyTorchAndReadAgain) {
  const Model model = load_model(weights_file(folder_), &architecture_);
  for (const char* name : {"out.pth", "out.safetensors"}) {
    convert_weights(weights_file(folder_), scratch_.path() / name,
                    {.model_file = folder_ / "model.yaml", .torch_names = true});
    expect_same_weights(model, load_model(scratch_.path() / name, &architecture_));
  }
}

// What PyTorch wrote and what we write of it: every name and shape but the counters and what only checkpoints
// hold.
TEST_P(TorchGolden, IsWrittenUnderPyTorchsNamesAndShapes) {
  const auto names = [](const std::filesystem::path& file) {
    std::vector<std::string> listed;
    for (const ListedTensor& tensor : weight_format_of(file).list(file)) {
      std::string name = tensor.name;
      for (const std::string prefix : {"module._orig_mod.", "model."}) {
        if (name.starts_with(prefix)) name.erase(0, prefix.size());
      }
      if (!name.ends_with("num_batches_tracked") && name != "loss.weight")
        listed.push_back(name + " " + to_string(without_ones(tensor.shape)));
    }
    return listed;
  };
  convert_weights(weights_file(folder_), scratch_.path() / "out.pth", {.model_file = folder_ / "model.yaml"});
  EXPECT_THAT(names(scratch_.path() / "out.pth"),
              ::testing::UnorderedElementsAreArray(names(weights_file(folder_))));
}

// Views of one element, of which each would be as large as the address space: none is read that the network
// has not.
TEST(TorchModel, TensorsThatClaimMoreThanTheNetworkTakesAreNotRead) {
  const Architecture architecture = load_architecture(golden("torch/lstm/model.yaml"));
  const std::vector<StoredTensor> tensors{
      {.name = "head.weight", .shape = {1LL << 40, 3}, .strides = {0, 0}, .data = "\0\0\0"},
      {.name = "other.weight", .shape = {1LL << 40}, .strides = {0}, .data = "\0\0\0"}};
  const FileModel read = model_of_tensors(tensors, {.architecture = &architecture, .partly = true}, "w.pth");
  EXPECT_THAT(read.model.weights.tensors, ::testing::IsEmpty());
  EXPECT_THAT(read.other_shapes, ::testing::ElementsAre(::testing::Pair("head.kernel", Shape{1LL << 40, 3})));
  EXPECT_THAT(read.unused, ::testing::ElementsAre("other.weight"));
}

// Whole networks, of the size that people have them; the files are too large to keep.
std::filesystem::path large_golden(const std::string& name) {
  const char* const named = std::getenv("ACTIONFLOW_LARGE_GOLDENS");
  const std::filesystem::path folder = std::filesystem::path(named == nullptr ? "" : named) / name;
  return named != nullptr && std::filesystem::exists(folder) ? folder : std::filesystem::path();
}

constexpr const char* kWithoutLargeGoldens =
    "needs $ACTIONFLOW_LARGE_GOLDENS, a folder that tests/golden/make_torch_zoo.py makes";

double difference_of(const Model& model, const std::filesystem::path& folder) {
  const auto network = Network::compile(model.architecture, model.weights);
  Workspace workspace(*network);
  const Tensor output = network->predict(read_npy(folder / "input.npy"), workspace);
  return largest_relative_difference(output, read_npy(folder / "output.npy"));
}

class TorchZoo : public ::testing::TestWithParam<const char*> {};

TEST_P(TorchZoo, GivesTheOutputOfItsDefinition) {
  const std::filesystem::path folder = large_golden(GetParam());
  if (folder.empty()) GTEST_SKIP() << kWithoutLargeGoldens;
  const Architecture architecture =
      load_architecture(project_root() / "configs/models" / (std::string(GetParam()) + ".yaml"));
  const double difference = difference_of(load_model(folder / "weights.pth", &architecture), folder);
  RecordProperty("largest_relative_difference", std::to_string(difference));
  EXPECT_LT(difference, 1e-4);
}

TEST(InflatedZoo, AnInflatedResnet50GivesItsAnswerOnAStillClip) {
  const std::filesystem::path folder = large_golden("resnet50_still");
  if (folder.empty()) GTEST_SKIP() << kWithoutLargeGoldens;
  const ScratchFolder scratch;
  const std::filesystem::path model = scratch.path() / "model.yaml", out = scratch.path() / "out.safetensors";
  std::ofstream(model) << "extends: " << (project_root() / "configs/models/slow_r50.yaml").string()
                       << "\nclasses: 1000\n";
  convert_weights(folder / "weights.pth", out,
                  {.model_file = model,
                   .name_map = project_root() / "configs/names/resnet_to_slow_r50.yaml",
                   .time_change = TimeChange::centered});
  const double difference = difference_of(load_model(out), folder);
  RecordProperty("largest_relative_difference", std::to_string(difference));
  EXPECT_LT(difference, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, TorchZoo,
                         ::testing::Values("r3d_18", "mc3_18", "r2plus1d_18", "s3d", "x3d_s", "lrcn_r18",
                                           "c3d"),
                         [](const auto& one) { return std::string(one.param); });

INSTANTIATE_TEST_SUITE_P(All, TorchGolden, ::testing::ValuesIn(torch_cases()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace actionflow::testing
