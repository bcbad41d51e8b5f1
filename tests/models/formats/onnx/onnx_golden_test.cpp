// Networks in ONNX files, as several exporters write them (tests/golden/make_onnx_network_goldens.py, which
// names what each holds). Expected values are ONNX Runtime's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/tensor/npy.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "tests/models/reference.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

std::vector<std::string> onnx_cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden("onnx_networks")))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// The largest difference as a share of the largest value; the axes of extent 1 do not count.
double relative_difference(const Tensor& actual, const Tensor& expected) {
  if (actual.size() != expected.size()) return INFINITY;
  double largest = 0, difference = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    const double one = std::abs(static_cast<double>(actual[i]) - expected[i]);
    difference = std::isnan(one) ? INFINITY : std::max(difference, one);
  }
  return difference / largest;
}

class OnnxGolden : public ::testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path folder_ = golden("onnx_networks/" + GetParam());
  Tensor input_ = read_npy(folder_ / "input.npy"), output_ = read_npy(folder_ / "output.npy");

  // Through `convert`, so that what is tested is what a person gets.
  Model convert_and_load() {
    const ScratchFolder scratch;
    convert_weights(folder_ / "network.onnx", scratch.path() / "out.safetensors");
    return load_model(scratch.path() / "out.safetensors");
  }
};

TEST_P(OnnxGolden, GivesOnnxRuntimesOutputThroughTheReference) {
  const Model model = convert_and_load();
  const Tensor output = reference(model.architecture.graph, model.weights.tensors, input_);
  EXPECT_LT(relative_difference(output, output_), 1e-5);
}

TEST_P(OnnxGolden, GivesOnnxRuntimesOutputThroughAPlan) {
  const Model model = load_model(folder_ / "network.onnx");
  const auto network = Network::compile(model.architecture, model.weights);
  Workspace workspace(*network);
  EXPECT_LT(relative_difference(network->predict(input_, workspace), output_), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxGolden, ::testing::ValuesIn(onnx_cases()),
                         [](const auto& one) { return one.param; });

// Networks of full size, made on demand by make_onnx_network_goldens.py --large FOLDER.
class OnnxLarge : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxLarge, GivesOnnxRuntimesOutput) {
  REQUIRE_REAL_DATA(folder, "onnx/" + GetParam());
  const Model model = load_model(folder / "network.onnx");
  const auto network = Network::compile(model.architecture, model.weights, {.threads = 2});
  Workspace workspace(*network);
  EXPECT_LT(relative_difference(network->predict(read_npy(folder / "input.npy"), workspace),
                                read_npy(folder / "output.npy")),
            1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxLarge,
                         ::testing::Values("r3d_18", "mc3_18", "r2plus1d_18", "s3d", "lrcn_r18",
                                           "slowfast_r50"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace actionflow::testing
