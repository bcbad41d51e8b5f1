#include "models/formats/onnx/operators/scores.h"

#include <algorithm>
#include <map>

namespace actionflow::onnx {
namespace {

using Meaning = std::optional<Scores>;

// A value of these axes, to be asked by what looks at a value's axes alone.
Value axes_of(const Scores& scores) {
  Value value;
  value.extents = scores.extents;
  value.view = scores.view;
  return value;
}

// Windows are counted as the leading axes count them.
AxisView view_of_product(const Value& query, std::int64_t head, std::int64_t queries, std::int64_t keys) {
  AxisView view = query.view;
  std::int64_t windows = 1;
  for (std::size_t i = view.dims.size() - 2; i-- > 0;) {
    for (auto piece = view.dims[i].rbegin(); piece != view.dims[i].rend(); ++piece) {
      if (piece->axis == kChannels) {
        *piece = {kHeight, piece->extent, piece->stride / head};
      } else {
        *piece = {kTime, piece->extent, windows};
        windows *= piece->extent;
      }
    }
  }
  view.dims[view.dims.size() - 2] = whole_axis(kWidth, queries);
  view.dims.back() = whole_axis(kChannels, keys);
  return view;
}

// Of queries, and of keys whose numbers lie before their positions.
Meaning product_of(const Value& a, Value b, ProductForm form) {
  const std::size_t rank = a.view.dims.size();
  if (rank < 2 || b.view.dims.size() != rank) return std::nullopt;
  if (form == ProductForm::transposed) std::swap(b.view.dims[rank - 2], b.view.dims[rank - 1]);
  Scores scores;
  scores.product = ScoreProduct{.query = a, .keys = b};
  std::swap(scores.product->keys.view.dims[rank - 2], scores.product->keys.view.dims[rank - 1]);
  const auto heads = read_heads(a);
  if (!heads || !read_heads(scores.product->keys)) return std::nullopt;
  const std::int64_t queries = extent_of(heads->positions), keys = extent_of(b.view.dims.back());
  scores.view = view_of_product(a, a.extents[kChannels] / heads->count, queries, keys);
  scores.extents = {extent_of(heads->rest), heads->count, queries, keys};
  return scores;
}

Meaning scores_of(const Use& use, const Value& result) {
  if (use.is_constant(0) || use.is_constant(1))
    return result.scores == nullptr ? std::nullopt : Meaning(*result.scores);
  const bool weighs = use.scores(0) != nullptr && use.scores(0)->softmaxed;
  const auto form = product_form(use.node);
  return weighs || !form ? std::nullopt : product_of(use.value(0), use.value(1), *form);
}

Meaning viewed_scores(const Use& use, const Value& result) {
  Scores scores = *use.scores(0);
  const auto view = reshaped(scores.view, result.view.shape());
  if (!view) return std::nullopt;
  scores.view = *view;
  return scores;
}

Meaning transposed_scores(const Use& use, const Value&) {
  Scores scores = *use.scores(0);
  const std::vector<std::int64_t> order = use.node.integers("perm", {});
  if (order.size() != scores.view.dims.size()) return std::nullopt;
  scores.view = transposed(scores.view, order);
  return scores;
}

Meaning scaled_scores(const Use& use, const Value&) {
  const bool divides = use.node.op == "Div";
  const std::size_t i = use.scores(0) != nullptr ? 0 : 1;
  if (!use.is_constant(1 - i) || use.constant(1 - i)->size() != 1 || (divides && i == 1)) return std::nullopt;
  Scores scores = *use.scores(i);
  if (!scores.product || !scores.biases.empty() || scores.softmaxed) return std::nullopt;
  const float factor = use.constant(1 - i)->real(0);
  scores.product->scale *= divides ? 1 / factor : factor;
  return scores;
}

// ---- what is added ----

// Axes of keys are counted in the order in which they stand; the terms' with them.
bool count_keys(Scores& terms) {
  const ScoreBias before = *terms.biases.front();
  ScoreBias bias = before;
  std::int64_t keys = 1;
  for (std::size_t i = terms.view.dims.size(); i-- > 0;) {
    Dim& dim = terms.view.dims[i];
    if (dim.size() != 1 || dim[0].axis != kChannels) continue;
    const auto term = std::find_if(before.terms.begin(), before.terms.end(),
                                   [&](const DistanceTerm& one) { return one.key == dim[0]; });
    if (term == before.terms.end()) return false;
    dim[0].stride = keys;
    bias.terms[static_cast<std::size_t>(term - before.terms.begin())].key = dim[0];
    keys *= dim[0].extent;
  }
  terms.extents[kChannels] = keys;
  terms.biases = {std::make_shared<const ScoreBias>(std::move(bias))};
  return true;
}

Meaning sum_of_terms(const Scores& a, const Scores& b) {
  if (a.view.dims.size() != b.view.dims.size()) return std::nullopt;
  Scores sum = a;
  ScoreBias bias = *a.biases.front();
  // Until they are counted anew, keys' axes of b's are told by a stride of their own.
  constexpr std::int64_t kApart = std::int64_t{1} << 40;
  Scores other = b;
  ScoreBias of_other = *b.biases.front();
  for (Dim& dim : other.view.dims)
    for (Piece& piece : dim)
      if (piece.axis == kChannels) piece.stride += kApart;
  for (DistanceTerm& term : of_other.terms) {
    term.key.stride += kApart;
    bias.terms.push_back(std::move(term));
  }
  for (std::size_t i = 0; i < sum.view.dims.size(); ++i) {
    Dim &own = sum.view.dims[i], &theirs = other.view.dims[i];
    if (own.empty()) own = theirs;
    if (!theirs.empty() && own != theirs) return std::nullopt;
  }
  sum.biases = {std::make_shared<const ScoreBias>(std::move(bias))};
  if (!count_keys(sum)) return std::nullopt;
  return sum;
}

Meaning with_terms(Scores scores, const Scores& terms) {
  if (scores.softmaxed || scores.view != terms.view || scores.extents != terms.extents) return std::nullopt;
  ScoreBias bias = *terms.biases.front();
  bias.first_query = scores.first_query;
  bias.first_key = scores.first_key;
  scores.biases.push_back(std::make_shared<const ScoreBias>(std::move(bias)));
  return scores;
}

Meaning with_constant_bias(Scores scores, const Array& constant) {
  if (scores.softmaxed || !scores.product || scores.first_query != 0 || scores.first_key != 0)
    return std::nullopt;
  auto values = spread(constant, axes_of(scores));
  if (!values) return std::nullopt;
  scores.biases.push_back(
      std::make_shared<const ScoreBias>(ScoreBias{.constant = *std::move(values), .terms = {}}));
  return scores;
}

Meaning added_scores(const Use& use, const Value&) {
  if (use.inputs.size() != 2) return std::nullopt;
  const Scores *a = use.scores(0), *b = use.scores(1);
  if (a == nullptr) std::swap(a, b);
  if (b == nullptr) {
    const std::size_t other = use.scores(0) == nullptr ? 0 : 1;
    return use.is_constant(other) ? with_constant_bias(*a, *use.constant(other)) : std::nullopt;
  }
  if (a->product && b->product) return std::nullopt;
  if (a->product) return with_terms(*a, *b);
  if (b->product) return with_terms(*b, *a);
  return sum_of_terms(*a, *b);
}

// ---- parts ----

// Whether the scores' axis i counts queries or keys, to the last.
std::optional<Axis> whole_score_axis(const Scores& scores, std::size_t i) {
  for (const Axis axis : {kWidth, kChannels}) {
    const std::int64_t extent = scores.extents[axis];
    if (extent > 1 && scores.view.dims[i] == whole_axis(axis, extent)) return axis;
  }
  return std::nullopt;
}

// Without the first steps of an axis.
Meaning without_first(Scores scores, std::size_t i, std::int64_t steps) {
  const auto axis = whole_score_axis(scores, i);
  if (!axis) return std::nullopt;
  (*axis == kWidth ? scores.first_query : scores.first_key) += steps;
  scores.extents[*axis] -= steps;
  scores.view.dims[i] = whole_axis(*axis, scores.extents[*axis]);
  return scores;
}

Meaning cut_scores(const Use& use, const Value&) {
  Meaning scores = *use.scores(0);
  if (!scores->product || scores->softmaxed) return std::nullopt;
  for (const auto& [axis, range] : slice_ranges(use, use.value(0).view.shape())) {
    const std::int64_t extent = extent_of(scores->view.dims[axis]);
    if (range.step != 1 || range.begin + range.count != extent) return std::nullopt;
    if (range.begin > 0) scores = without_first(*std::move(scores), axis, range.begin);
    if (!scores) return std::nullopt;
  }
  return scores;
}

// Scores of which a part has been added to: the sum holds for all where what was added concerns the part
// alone.
Meaning put_in_place(const Use& use, const Value&) {
  const Scores *whole = use.scores(0), *update = use.scores(2);
  if (whole == nullptr || update == nullptr || !use.is_constant(1) || !whole->product || !update->product)
    return std::nullopt;
  const Shape shape = use.value(0).view.shape();
  const auto box = box_of(*use.constant(1), shape);
  Meaning same = *whole;
  for (std::size_t i = 0; box && i < box->size(); ++i) {
    const auto& [begin, step, count] = (*box)[i];
    if (begin + count != shape[i]) return std::nullopt;
    if (begin > 0) same = without_first(*std::move(same), i, begin);
    if (!same) return std::nullopt;
  }
  if (!box || same->view != update->view || same->first_query != update->first_query ||
      same->first_key != update->first_key || whole->product->query.layer != update->product->query.layer ||
      whole->product->keys.layer != update->product->keys.layer ||
      whole->product->scale != update->product->scale)
    return std::nullopt;
  for (const auto& bias : whole->biases)
    if (std::find(update->biases.begin(), update->biases.end(), bias) == update->biases.end())
      return std::nullopt;
  for (const auto& bias : update->biases) {
    const bool within = bias->first_query >= update->first_query && bias->first_key >= update->first_key;
    const bool before = std::find(whole->biases.begin(), whole->biases.end(), bias) != whole->biases.end();
    if (!within && !before) return std::nullopt;
  }
  Scores result = *whole;
  result.biases = update->biases;
  return result;
}

Meaning softmaxed_scores(const Use& use, const Value& result) {
  Scores scores = *use.scores(0);
  const std::size_t rank = result.view.dims.size();
  if (!scores.product || scores.softmaxed || scores.first_query != 0 || scores.first_key != 0 ||
      use.axis(use.node.integer("axis", -1), rank) + 1 != rank ||
      scores.view.dims.back() != whole_axis(kChannels, scores.extents[kChannels]))
    return std::nullopt;
  scores.softmaxed = true;
  return scores;
}

using Step = Meaning (*)(const Use& use, const Value& result);

// By the operator. The first two also of values that mean nothing yet, the last three of any of their inputs.
const std::map<std::string, Step>& scores_steps() {
  static const std::map<std::string, Step> kSteps{
      {"MatMul", scores_of},        {"Einsum", scores_of},
      {"Identity", viewed_scores},  {"Expand", viewed_scores},
      {"Cast", viewed_scores},      {"Dropout", viewed_scores},
      {"Reshape", viewed_scores},   {"Squeeze", viewed_scores},
      {"Unsqueeze", viewed_scores}, {"Transpose", transposed_scores},
      {"Slice", cut_scores},        {"Softmax", softmaxed_scores},
      {"Div", scaled_scores},       {"Mul", scaled_scores},
      {"Add", added_scores},        {"ScatterND", put_in_place}};
  return kSteps;
}

}  // namespace

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
  for (const Piece& piece : heads.positions)
    if (piece.axis == kChannels) return std::nullopt;
  channels.insert(channels.end(), dims.back().begin(), dims.back().end());
  std::int64_t stride = value.extents[kChannels];
  for (const Piece& piece : channels) {
    if (piece.axis != kChannels || piece.stride * piece.extent != stride) return std::nullopt;
    stride = piece.stride;
  }
  if (stride != 1 && !channels.empty()) return std::nullopt;
  return heads;
}

std::optional<ProductForm> product_form(const Node& node) {
  if (node.op == "MatMul") return ProductForm::plain;
  if (node.op != "Einsum") return std::nullopt;
  std::string equation = node.text("equation", "");
  std::erase(equation, ' ');
  const std::size_t comma = equation.find(','), arrow = equation.find("->");
  if (comma == std::string::npos || comma < 2 || equation.size() != 3 * comma + 3 || arrow != 2 * comma + 1)
    return std::nullopt;
  const std::string a = equation.substr(0, comma), b = equation.substr(comma + 1, comma),
                    result = equation.substr(arrow + 2);
  const std::string before = a.substr(0, comma - 2);
  if (!b.starts_with(before) || !result.starts_with(before) || result[comma - 2] != a[comma - 2])
    return std::nullopt;
  const char row = b[comma - 2], column = b[comma - 1], summed = a[comma - 1], last = result[comma - 1];
  if (row == summed && column == last) return ProductForm::plain;
  if (column == summed && row == last) return ProductForm::transposed;
  return std::nullopt;
}

std::shared_ptr<const Scores> scores_after(const Use& use, const Value& result) {
  const auto step = scores_steps().find(use.node.op);
  if (step == scores_steps().end()) return nullptr;
  const bool of_any =
      step->second == scaled_scores || step->second == added_scores || step->second == put_in_place;
  const bool known = use.scores(0) != nullptr || (of_any && use.scores(1) != nullptr);
  if (!known && step->second != scores_of) return nullptr;
  Meaning scores = step->second(use, result);
  return scores ? std::make_shared<const Scores>(*std::move(scores)) : nullptr;
}

}  // namespace actionflow::onnx
