// What transformers are made of. Attention stands in a file as two products with a Softmax between: the first
// product is kept as what it is made of until the second makes a layer of all.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/formats/onnx/operators/operators.h"
#include "models/formats/onnx/operators/product_operators.h"

namespace actionflow::onnx {
namespace {

struct Heads {
  std::int64_t count = 1;
  Dim rest;  // of the leading axes what is not heads
  Dim positions;
};

// Nothing unless the channels are heads, slowest, and the numbers of a head.
std::optional<Heads> read_heads(const Value& value) {
  const std::vector<Dim>& dims = value.view.dims;
  Heads heads{.count = 1, .rest = {}, .positions = dims[dims.size() - 2]};
  Dim channels;
  for (std::size_t i = 0; i + 2 < dims.size(); ++i) {
    for (const Piece& piece : dims[i]) {
      (piece.axis == kChannels ? channels : heads.rest).push_back(piece);
      if (piece.axis == kChannels) heads.count *= piece.extent;
    }
  }
  channels.insert(channels.end(), dims.back().begin(), dims.back().end());
  std::int64_t stride = value.extents[kChannels];
  for (const Piece& piece : channels) {
    if (piece.axis != kChannels || piece.stride * piece.extent != stride) return std::nullopt;
    stride = piece.stride;
  }
  if (stride != 1 && !channels.empty()) return std::nullopt;
  return heads;
}

// Who sees whom, by what stays apart; nothing where it is neither samples nor places.
std::optional<std::string> within(const Value& query, const Heads& heads) {
  if (heads.rest.empty()) return "all";
  if (heads.rest == whole_axis(kTime, query.extents[kTime])) return "space";
  Dim space = whole_axis(kHeight, query.extents[kHeight]);
  const Dim width = whole_axis(kWidth, query.extents[kWidth]);
  space.insert(space.end(), width.begin(), width.end());
  if (heads.rest == space) return "time";
  return std::nullopt;
}

// Nothing where there is no layer for it.
std::optional<Value> attention(const Use& use, const Scores& scores, const Value& values) {
  const Value& query = scores.query;
  const std::size_t rank = query.view.dims.size();
  if (values.view.dims.size() != rank || rank < 2) return std::nullopt;
  const auto of_query = read_heads(query), of_keys = read_heads(scores.keys), of_values = read_heads(values);
  if (!of_query || !of_keys || !of_values) return std::nullopt;
  const bool fit = of_query->count == of_keys->count && of_keys->count == of_values->count &&
                   of_query->rest == of_keys->rest && of_keys->rest == of_values->rest &&
                   of_keys->positions == of_values->positions && scores.keys.extents == values.extents &&
                   query.extents[kChannels] == values.extents[kChannels];
  const auto reach = within(query, *of_query);
  if (!fit || !reach) return std::nullopt;
  ModelLine line = use.line("attention");
  line.options.emplace_back("heads", std::to_string(of_query->count));
  const float usual = 1 / std::sqrt(static_cast<float>(query.extents[kChannels] / of_query->count));
  if (std::abs(scores.scale - usual) > 1e-6F * usual)
    line.options.emplace_back("scale", fmt::format("{}", scores.scale));
  if (*reach != "all") line.options.emplace_back("within", *reach);
  return use.network.add(std::move(line), {&query, &scores.keys, &values}, query.extents, query.view);
}

std::vector<Value> layer_norm(const Use& use) {
  const Value& value = use.value(0);
  use.required_constant(1);
  const std::size_t rank = value.view.dims.size();
  if (use.axis(use.node.integer("axis", -1), rank) + 1 != rank)
    use.node.fail("normalises over several axes, which is not known here");
  const Value input =
      use.network.arranged(value, with_channels(value.view, value.extents, rank - 1), use.node);
  const std::int64_t channels = input.extents[kChannels];
  ModelLine line = use.line("layer_norm", use.node.inputs[1]);
  const float epsilon = use.node.number("epsilon", 1e-5F);
  line.options.emplace_back("epsilon", fmt::format("{}", std::max(epsilon, 1e-12F)));
  const Value result = use.network.add(std::move(line), input);
  const Array& gamma = use.required_constant(1);
  const Array* beta = use.constant(2);
  if (gamma.size() != channels || (beta != nullptr && beta->size() != channels))
    use.node.fail(fmt::format("its weights {} do not fit {} channels", to_string(gamma.shape), channels));
  use.network.set_weight(result.layer, "gamma", to_tensor(gamma, {channels}));
  use.network.set_weight(result.layer, "beta",
                         beta == nullptr ? Tensor({channels}) : to_tensor(*beta, {channels}));
  return {result};
}

std::vector<Value> gelu(const Use& use) {
  const std::string approximation = use.node.text("approximate", "none");
  return {activated(use, use.value(0), approximation == "tanh" ? "gelu_tanh" : "gelu")};
}

}  // namespace

Value scored(const Use& use, const Value& a, const Value& b) {
  const std::size_t rank = a.view.dims.size();
  if (rank < 2 || b.view.dims.size() != rank ||
      extent_of(a.view.dims.back()) != extent_of(b.view.dims[rank - 2]))
    use.node.fail(fmt::format("multiplies {} and {}", to_string(a.view.shape()), to_string(b.view.shape())));
  Scores scores{.query = a, .keys = b};
  std::swap(scores.keys.view.dims[rank - 2], scores.keys.view.dims[rank - 1]);
  Value result{.layer = a.layer, .extents = {1, 1, 1, 1}, .view = a.view, .padding = {}};
  result.view.dims.back() = b.view.dims.back();
  result.scores = std::make_shared<const Scores>(std::move(scores));
  return result;
}

Value weighed(const Use& use, const Value& scores, const Value& values) {
  if (auto layer = attention(use, *scores.scores, values)) return *std::move(layer);
  const Value weights = computed_scores(use, *scores.scores);
  return multiplied(use, {.value = &weights}, {.value = &values});
}

bool keeps_scores(const Use& use, std::size_t i) {
  const Value* scores = use.scores(i);
  if (scores == nullptr) return true;
  const std::string& op = use.node.op;
  if (op == "Identity" || op == "Cast" || op == "Dropout") return true;
  const bool softmaxed = scores->scores->softmaxed;
  if (op == "MatMul") return i == 0 && softmaxed && !use.is_constant(1);
  const auto rank = static_cast<std::int64_t>(scores->view.dims.size());
  if (op == "Softmax") {
    const std::int64_t axis = use.node.integer("axis", -1);
    return !softmaxed && (axis == -1 || axis == rank - 1);
  }
  if (softmaxed || (op != "Mul" && (op != "Div" || i != 0)) || use.inputs.size() != 2) return false;
  return use.is_constant(1 - i) && use.constant(1 - i)->size() == 1;
}

Value computed_scores(const Use& use, const Scores& scores) {
  Value result = multiplied(use, {.value = &scores.query}, {.value = &scores.keys}, true);
  if (scores.scale != 1) {
    ModelLine line = use.line("scale");
    line.options.emplace_back("shared", "true");
    result = use.network.add(std::move(line), result);
    use.network.set_weight(result.layer, "gamma", one_number(scores.scale));
  }
  if (!scores.softmaxed) return result;
  const std::size_t last = result.view.dims.size() - 1;
  result = use.network.arranged(result, with_channels(result.view, result.extents, last), use.node);
  return activated(use, result, "softmax");
}

Operators attention_operators() { return {{"LayerNormalization", layer_norm}, {"Gelu", gelu}}; }

}  // namespace actionflow::onnx
