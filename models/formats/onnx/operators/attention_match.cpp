#include "models/formats/onnx/operators/attention_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "models/formats/onnx/operators/attention_parts.h"
#include "models/formats/onnx/operators/scores.h"

namespace actionflow::onnx {
namespace {

std::string printed(const Triple& values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

// The value that a layer multiplies by one number.
Value unscaled(const NetworkWriter& network, Value value, float& scale) {
  while (const auto factor = network.factor_of(value.layer)) {
    scale *= *factor;
    value.layer = network.line_of(value.layer)->from.front();
  }
  return value;
}

std::optional<AttentionMatch> match_of(const Use& use, const Scores& scores, const Value& values) {
  AttentionMatch match{.query = scores.product->query, .keys = scores.product->keys, .values = values};
  const std::size_t rank = match.query.view.dims.size();
  if (values.view.dims.size() != rank || rank < 2) return std::nullopt;
  const auto of_query = read_heads(match.query), of_keys = read_heads(match.keys),
             of_values = read_heads(values);
  if (!of_query || !of_keys || !of_values) return std::nullopt;
  const bool fit = of_query->count == of_keys->count && of_keys->count == of_values->count &&
                   of_query->rest == of_keys->rest && of_keys->rest == of_values->rest &&
                   of_keys->positions == of_values->positions && match.keys.extents == values.extents &&
                   match.query.extents[kChannels] == values.extents[kChannels] &&
                   match.query.roll == match.keys.roll && match.keys.roll == values.roll;
  if (!fit) return std::nullopt;
  match.scale = scores.product->scale;
  match.heads = of_query->count;
  match.channels = match.query.extents[kChannels] / match.heads;
  match.rest = of_query->rest;
  match.positions = of_query->positions;
  match.query = unscaled(use.network, std::move(match.query), match.scale);
  match.keys = unscaled(use.network, std::move(match.keys), match.scale);
  if (!(match.scale > 0) || !std::isfinite(match.scale)) return std::nullopt;
  return match;
}

// ---- the layer ----

struct Biases {
  std::vector<const Tensor*> constants;  // the same for all windows
  const Tensor* mask = nullptr;
  const ScoreBias* terms = nullptr;
};

bool is_zero(const Tensor& tensor) {
  const auto values = tensor.values();
  return std::all_of(values.begin(), values.end(), [](float v) { return v == 0; });
}

std::optional<Biases> biases_of(const Scores& scores) {
  Biases result;
  for (const auto& bias : scores.biases) {
    if (!bias->terms.empty()) {
      if (std::exchange(result.terms, bias.get()) != nullptr) return std::nullopt;
    } else if (is_zero(bias->constant)) {
      continue;
    } else if (bias->constant.dim(1) == 1) {
      result.constants.push_back(&bias->constant);
    } else if (bias->constant.dim(2) != 1 || std::exchange(result.mask, &bias->constant) != nullptr) {
      return std::nullopt;
    }
  }
  return result;
}

using Options = std::vector<std::pair<std::string, std::string>>;

// Who sees whom. Nothing where it is neither samples, places nor windows.
std::optional<Options> reach(const AttentionMatch& match, const std::optional<Triple>& window, bool tabled) {
  Options options;
  if (match.rest.empty() && !tabled && !is_rolled(match)) return options;
  const Triple extents = span_of(match.query.extents);
  constexpr std::int64_t kMost = 4096;  // what a window of the layer may be
  if (!window || match.keys.extents != match.query.extents ||
      std::any_of(window->begin(), window->end(), [](std::int64_t extent) { return extent > kMost; }))
    return std::nullopt;
  if (!tabled && !is_rolled(match)) {
    if (*window == Triple{1, extents[1], extents[2]}) return Options{{"within", "space"}};
    if (*window == Triple{extents[0], 1, 1}) return Options{{"within", "time"}};
  }
  options.emplace_back("window", printed(*window));
  if (is_rolled(match)) options.emplace_back("shift", printed(span_of(match.query.roll)));
  return options;
}

// One layer that holds queries, keys and values by channels in this order.
std::optional<Value> held_together(const NetworkWriter& network, const AttentionMatch& match) {
  std::string whole;
  std::int64_t begin = 0;
  for (const Value* value : {&match.query, &match.keys, &match.values}) {
    const auto part = network.part_of(value->layer);
    const std::int64_t channels = value->extents[kChannels];
    if (!part || part->axis != "c" || part->begin != begin || part->count != channels ||
        (begin > 0 && part->whole != whole) || value->extents != match.query.extents)
      return std::nullopt;
    whole = part->whole;
    begin += channels;
  }
  Value all = match.query;
  all.layer = whole;
  all.extents[kChannels] = begin;
  return all;
}

}  // namespace

std::optional<Value> attention_of(const Use& use) {
  const Scores* scores = product_form(use.node) == ProductForm::plain ? use.scores(0) : nullptr;
  if (scores == nullptr || !scores->softmaxed || use.is_constant(1)) return std::nullopt;
  const auto match = match_of(use, *scores, use.value(1));
  const auto biases = biases_of(*scores);
  if (!match || !biases) return std::nullopt;
  const bool tabled = !biases->constants.empty();
  const auto window = windows_of(*match);
  auto options = reach(*match, window, tabled);
  if (!options || (tabled && biases->terms != nullptr) || (biases->mask != nullptr) != is_rolled(*match) ||
      (biases->mask != nullptr && !is_mask_of_roll(*match, *biases->mask)))
    return std::nullopt;
  std::optional<Tensor> table;
  if (tabled) {
    table = table_of(*match, *window, biases->constants);
    if (!table) return std::nullopt;
    options->emplace_back("bias", "table");
  }
  std::optional<DecomposedBias> distances;
  if (biases->terms != nullptr) {
    distances = decomposed(*match, *biases->terms);
    if (!distances) return std::nullopt;
    options->emplace_back("bias", "decomposed");
    if (distances->first == 1) options->emplace_back("class_token", "true");
    options->emplace_back("query_map", printed(distances->queries));
    options->emplace_back("key_map", printed(distances->keys));
  }
  ModelLine line = use.line("attention");
  line.options.emplace_back("heads", std::to_string(match->heads));
  const float usual = 1 / std::sqrt(static_cast<float>(match->channels));
  if (std::abs(match->scale - usual) > 1e-6F * usual)
    line.options.emplace_back("scale", fmt::format("{}", match->scale));
  line.options.insert(line.options.end(), options->begin(), options->end());
  const auto together = held_together(use.network, *match);
  const std::vector<const Value*> from = together ? std::vector<const Value*>{&*together}
                                                  : std::vector{&match->query, &match->keys, &match->values};
  const Value result = use.network.add(std::move(line), from, match->query.extents, match->query.view);
  if (table) use.network.set_weight(result.layer, "table", *std::move(table));
  if (distances) {
    for (std::size_t axis = 0; axis < kSpan; ++axis) {
      constexpr const char* kRoles[] = {"time", "height", "width"};
      use.network.set_weight(result.layer, kRoles[axis], std::move(distances->vectors[axis]));
    }
  }
  return result;
}

namespace {

// The layer of which the parts are all, in order.
std::optional<std::string> whole_again(const NetworkWriter& network, const ModelLine& joined,
                                       std::int64_t extent) {
  std::string whole;
  std::int64_t end = 0;
  for (const std::string& layer : joined.from) {
    const auto part = network.part_of(layer);
    if (!part || part->axis != option(joined, "axis") || part->begin != end ||
        (end > 0 && part->whole != whole))
      return std::nullopt;
    whole = part->whole;
    end += part->count;
  }
  return end == extent ? std::optional(whole) : std::nullopt;
}

// The attention whose class token stands before the sum of its other rows and their queries.
const ModelLine* with_own_queries(const NetworkWriter& network, const ModelLine& joined) {
  if (joined.from.size() != 2) return nullptr;
  const auto token = network.part_of(joined.from[0]);
  const ModelLine* sum = network.line_of(joined.from[1]);
  if (!token || token->begin != 0 || token->count != 1 || sum == nullptr || sum->layer != "add" ||
      sum->from.size() != 2 || !sum->options.empty())
    return nullptr;
  const ModelLine* attention = network.line_of(token->whole);
  if (attention == nullptr || attention->layer != "attention" || attention->from.size() != 3 ||
      option(*attention, "class_token").empty() || !option(*attention, "add_query").empty())
    return nullptr;
  const auto a = network.part_of(sum->from[0]), b = network.part_of(sum->from[1]);
  if (!a || !b || a->begin != 1 || b->begin != 1 || a->axis != token->axis || b->axis != token->axis)
    return nullptr;
  const std::string& queries = attention->from.front();
  const bool fits = (a->whole == attention->name && b->whole == queries) ||
                    (b->whole == attention->name && a->whole == queries);
  return fits ? attention : nullptr;
}

}  // namespace

Value simplified(const Use& use, Value value) {
  NetworkWriter& network = use.network;
  const ModelLine* joined = network.line_of(value.layer);
  if (joined == nullptr || joined->layer != "concat") return value;
  const std::string axis = option(*joined, "axis");
  for (std::size_t i = 0; i < kAxes; ++i) {
    if (axis != kAxisLetters[i]) continue;
    if (const auto whole = whole_again(network, *joined, value.extents[i])) {
      value.layer = *whole;
      value.sole = false;
      return value;
    }
  }
  if (const ModelLine* attention = with_own_queries(network, *joined)) {
    ModelLine line = *attention;
    line.options.emplace_back("add_query", "true");
    const std::string before = line.name;
    Value result = network.add_reading(std::move(line), value.extents, value.view);
    for (const char* role : {"time", "height", "width"})
      if (const Tensor* vectors = network.find_weight(before, role))
        network.set_weight(result.layer, role, *vectors);
    return result;
  }
  return value;
}

}  // namespace actionflow::onnx
