#include "models/formats/onnx/operators/product_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "models/formats/onnx/operators/distance_terms.h"

namespace actionflow::onnx {
namespace {

// The letters of a product by what becomes of them; those of extent 1 are left out.
struct Letters {
  std::string alike, rows, columns, summed;
};

std::map<char, std::int64_t> extents_of(const Use& use, const Factor& factor) {
  const Shape shape = factor.shape();
  if (shape.size() != factor.letters.size())
    use.node.fail(fmt::format("names {} axes of {}", factor.letters.size(), to_string(shape)));
  std::map<char, std::int64_t> extents;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    if (!extents.emplace(factor.letters[i], shape[i]).second)
      use.node.fail("names one axis twice, which is not known here");
  }
  return extents;
}

Letters sorted(const Use& use, const Factor& a, const Factor& b, const std::string& result) {
  const auto in_a = extents_of(use, a), in_b = extents_of(use, b);
  Letters letters;
  for (const auto& [letter, extent] : in_a) {
    const auto other = in_b.find(letter);
    const bool kept = result.find(letter) != std::string::npos;
    if (other != in_b.end() && other->second != extent)
      use.node.fail(fmt::format("multiplies {} and {}", to_string(a.shape()), to_string(b.shape())));
    if (other == in_b.end() && !kept)
      use.node.fail("sums over an axis of one input, which is not known here");
    (other == in_b.end() ? letters.rows : kept ? letters.alike : letters.summed) += letter;
  }
  for (const auto& [letter, extent] : in_b) {
    if (in_a.contains(letter)) continue;
    if (result.find(letter) == std::string::npos)
      use.node.fail("sums over an axis of one input, which is not known here");
    letters.columns += letter;
  }
  return letters;
}

std::vector<std::size_t> places(const Factor& factor, const std::string& letters) {
  std::vector<std::size_t> dims;
  for (const char letter : letters) dims.push_back(factor.letters.find(letter));
  return dims;
}

// Matrices one after another in time, their rows along width.
Value laid(const Use& use, const Factor& factor, const std::string& matrices, const std::string& rows,
           const std::string& columns) {
  Placement placement;
  placement[kTime] = places(factor, matrices);
  placement[kWidth] = places(factor, rows);
  placement[kChannels] = places(factor, columns);
  if (factor.value == nullptr) return constant_value(use, *factor.constant, placement);
  return use.network.arranged(*factor.value, placement, use.node);
}

bool along_channels(const Factor& factor, const std::string& letters) {
  if (factor.value == nullptr || letters.empty()) return false;
  const Dim& dim = factor.value->view.dims[factor.letters.find(letters.back())];
  return !dim.empty() && dim.back().axis == kChannels;
}

// Where each letter's axis lies in the result.
AxisView view_of(const Letters& letters, const std::map<char, std::int64_t>& extents,
                 const std::string& result) {
  std::map<char, Dim> dims;
  for (const auto& [axis, group] :
       {std::pair{kTime, letters.alike}, {kWidth, letters.rows}, {kChannels, letters.columns}}) {
    std::int64_t stride = 1;
    for (auto letter = group.rbegin(); letter != group.rend(); ++letter) {
      dims[*letter] = {{axis, extents.at(*letter), stride}};
      stride *= extents.at(*letter);
    }
  }
  AxisView view;
  for (const char letter : result) view.dims.push_back(dims[letter]);
  return view;
}

std::vector<Value> einsum(const Use& use) {
  std::string equation = use.node.text("equation", "");
  std::erase(equation, ' ');
  const std::size_t comma = equation.find(','), arrow = equation.find("->");
  if (use.inputs.size() != 2 || comma == std::string::npos || arrow == std::string::npos || arrow < comma ||
      equation.find('.') != std::string::npos || equation.find(',', comma + 1) != std::string::npos)
    use.node.fail(fmt::format("its equation '{}' is not known here, expected one like 'abc,adc->abd'",
                              shown(equation)));
  const auto factor = [&](std::size_t i, const std::string& letters) {
    Factor result{.value = nullptr, .constant = nullptr, .letters = letters};
    if (use.is_constant(i))
      result.constant = use.inputs[i].constant.get();
    else
      result.value = &use.value(i);
    return result;
  };
  return {contracted(use, factor(0, equation.substr(0, comma)),
                     factor(1, equation.substr(comma + 1, arrow - comma - 1)), equation.substr(arrow + 2))};
}

}  // namespace

Value contracted(const Use& use, const Factor& a, const Factor& b, const std::string& result) {
  const Letters letters = sorted(use, a, b, result);
  for (const char letter : result)
    if (result.find(letter) != result.rfind(letter))
      use.node.fail("names one axis twice, which is not known here");
  std::map<char, std::int64_t> extents = extents_of(use, a);
  extents.merge(extents_of(use, b));
  // Numbers of b that lie along its channels already become the result's, others are moved or stand as rows.
  const bool transposed = !along_channels(b, letters.columns);
  const Value left = laid(use, a, letters.alike, letters.rows, letters.summed);
  const Value right = transposed ? laid(use, b, letters.alike, letters.columns, letters.summed)
                                 : laid(use, b, letters.alike, letters.summed, letters.columns);
  AxisExtents to = left.extents;
  to[kChannels] = right.extents[transposed ? kWidth : kChannels];
  ModelLine line = use.line("matmul");
  if (transposed) line.options.emplace_back("transposed", "true");
  Value product = use.network.add(std::move(line), {&left, &right}, to, view_of(letters, extents, result));
  if (a.value != nullptr && b.constant != nullptr)
    product.scores = distance_terms(use.network, {*a.value, *b.constant, a.letters, b.letters, result});
  return product;
}

Value multiplied(const Use& use, Factor a, Factor b, bool transposed) {
  const std::size_t rank_a = a.shape().size(), rank_b = b.shape().size(), rank = std::max(rank_a, rank_b);
  constexpr std::size_t kMostAxes = 16;
  if (rank_a < 2 || rank_b < 2 || rank > kMostAxes)
    use.node.fail(
        fmt::format("multiplies {} and {}, expected matrices", to_string(a.shape()), to_string(b.shape())));
  std::string before;  // a letter for each axis before the matrices
  for (std::size_t i = 0; i + 2 < rank; ++i) before += static_cast<char>('A' + i);
  a.letters = before.substr(rank - rank_a) + "rs";
  b.letters = before.substr(rank - rank_b) + (transposed ? "cs" : "sc");
  return contracted(use, a, b, before + "rc");
}

Operators product_operators() { return {{"Einsum", einsum}}; }

}  // namespace actionflow::onnx
