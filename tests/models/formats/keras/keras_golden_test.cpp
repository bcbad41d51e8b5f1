// Keras 2 files of the seed networks and of single layers (tests/golden/make_keras_goldens.py), and networks
// that both Keras 2 and Keras 3 wrote (make_keras_version_goldens.py); the scripts name what each holds.
// Expected values are Keras' own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/files/mapped_file.h"
#include "base/tensor/npy.h"
#include "models/formats/hdf5/hdf5_child.h"
#include "models/formats/keras/keras_archive.h"
#include "models/formats/keras/keras_config.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "tests/models/reference.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

std::filesystem::path keras_file(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("keras.")) return entry.path();
  }
  return folder / "keras.h5";
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const char* folder : {"keras", "keras_versions"}) {
    for (const auto& entry : std::filesystem::directory_iterator(golden(folder))) {
      if (entry.is_directory()) names.push_back(folder + ("/" + entry.path().filename().string()));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

double largest_difference(const Tensor& actual, const Tensor& expected) {
  EXPECT_EQ(actual.shape(), expected.shape());
  if (actual.shape() != expected.shape()) return INFINITY;
  double largest = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(actual[i]) - expected[i]));
  }
  return largest;
}

class KerasGolden : public ::testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path folder_ = golden(GetParam());

  // Through `convert`, so that what is tested is what a person gets.
  Model convert_and_load() {
    const ScratchFolder scratch;
    const std::filesystem::path out = scratch.path() / "out.safetensors";
    std::optional<std::filesystem::path> model_file;
    if (std::filesystem::exists(folder_ / "model.yaml")) model_file = folder_ / "model.yaml";
    convert_weights(keras_file(folder_), out, {.model_file = model_file});
    return load_model(out);
  }
};

TEST_P(KerasGolden, GivesKerasOutputThroughTheReference) {
  const Model model = convert_and_load();
  const Tensor output =
      reference(model.architecture.graph, model.weights.tensors, read_npy(folder_ / "input.npy"));
  EXPECT_LT(largest_difference(output, read_npy(folder_ / "output.npy")), 1e-5);
}

TEST_P(KerasGolden, GivesKerasOutputThroughConvertAndPredict) {
  const Model model = convert_and_load();
  const auto network = Network::compile(model.architecture, model.weights);
  Workspace workspace(*network);
  const Tensor output = network->predict(read_npy(folder_ / "input.npy"), workspace);
  EXPECT_LT(largest_difference(output, read_npy(folder_ / "output.npy")), 1e-4);
}

// Keras 2 wrote HDF5 under the name of an archive, too.
KerasFile read_file(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  return mapped.bytes().starts_with("PK") ? KerasArchive(file).read() : read_keras_file(file);
}

TEST_P(KerasGolden, ReadsTheSameWhereTheVersionIsNotStated) {
  const KerasFile file = read_file(keras_file(folder_));
  if (file.model_config.empty()) return;
  EXPECT_FALSE(file.keras_version.empty());
  EXPECT_EQ(describe_keras(file.model_config, "", "net").yaml,
            describe_keras(file.model_config, file.keras_version, "net").yaml);
}

INSTANTIATE_TEST_SUITE_P(All, KerasGolden, ::testing::ValuesIn(cases()), [](const auto& one) {
  return std::filesystem::path(one.param).filename().string();
});

}  // namespace
}  // namespace actionflow::testing
