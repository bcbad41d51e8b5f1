#include "tests/models/reference.h"

#include "tests/models/golden_case.h"

namespace actionflow::testing {
namespace {

// Expected values are ONNX's conformance data, Keras' and PyTorch's results.
class Reference : public ::testing::TestWithParam<std::string> {};

TEST_P(Reference, AgreesWithOnnxKerasAndPyTorch) {
  const GoldenCase golden_case = read_golden_case(golden(GetParam()));
  const Tensor result =
      reference(golden_case.architecture.graph, golden_case.weights.tensors, golden_case.input);
  EXPECT_EQ(result.shape(), golden_case.output.shape());
  EXPECT_LT(deviation(result, golden_case.output).largest, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Golden, Reference, ::testing::ValuesIn(golden_cases()), golden_case_name);

TEST(ReferenceValues, GivesEveryNodesValueAndTakesFurtherInputs) {
  Graph graph;
  graph.input = {1, 1, 1, 2};
  graph.further_inputs = {{1, 1, 1, 2}};
  graph.nodes.push_back({.name = "sum",
                         .operation = Elementwise{},
                         .inputs = {-1, -2},
                         .parameters = {},
                         .extents = {1, 1, 1, 2}});
  graph.nodes.push_back(
      {.name = "relu", .operation = Activation{}, .inputs = {0}, .parameters = {}, .extents = {1, 1, 1, 2}});
  graph.output = 1;
  const std::vector<Tensor> inputs{Tensor({1, 1, 1, 1, 2}, std::vector<float>{1, -4}),
                                   Tensor({1, 1, 1, 1, 2}, std::vector<float>{2, 3})};
  const std::vector<Tensor> values = reference_values(graph, {}, inputs);
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0][1], -1);
  EXPECT_EQ(values[1][0], 3);
  EXPECT_EQ(values[1][1], 0);
}

}  // namespace
}  // namespace actionflow::testing
