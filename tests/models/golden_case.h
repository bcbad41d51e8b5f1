// Golden cases of one network each: tests/golden/{onnx,operations,transformers}/NAME (see golden_case.py
// there).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

#include "base/tensor/npy.h"
#include "models/description/architecture.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/weights/weights.h"
#include "tests/test_data.h"

namespace actionflow::testing {

struct GoldenCase {
  Architecture architecture;
  Weights weights;
  Tensor input, output;  // N×C×T×H×W
};

inline GoldenCase read_golden_case(const std::filesystem::path& folder) {
  GoldenCase golden_case;
  golden_case.architecture = load_architecture(folder / "model.yaml");
  const std::filesystem::path weights = folder / "weights.safetensors";
  if (std::filesystem::exists(weights)) golden_case.weights.tensors = read_safetensors(weights).tensors;
  golden_case.input = read_npy(folder / "input.npy");
  golden_case.output = read_npy(folder / "output.npy");
  return golden_case;
}

// "onnx/conv3d", "operations/lstm", …
inline std::vector<std::string> golden_cases() {
  std::vector<std::string> names;
  for (const std::string group : {"onnx", "operations", "transformers"}) {
    for (const auto& entry : std::filesystem::directory_iterator(golden(group))) {
      names.push_back(group + "/" + entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A test's name for a case.
inline std::string golden_case_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace actionflow::testing
