#include "models/network/network.h"
#include "tests/models/golden_case.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

// Expected values are ONNX's conformance data, Keras' and PyTorch's results.
class NetworkGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(NetworkGolden, AgreesWithOnnxKerasAndPyTorch) {
  const GoldenCase golden_case = read_golden_case(golden(GetParam()));
  const auto network =
      Network::compile(golden_case.architecture, golden_case.weights, {.batch = golden_case.input.dim(0)});
  Workspace workspace(*network);
  EXPECT_LT(deviation(network->predict(golden_case.input, workspace), golden_case.output).largest, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Golden, NetworkGolden, ::testing::ValuesIn(golden_cases()), golden_case_name);

}  // namespace
}  // namespace actionflow::testing
