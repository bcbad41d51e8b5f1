#include "pipeline/quantization/quantizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log/progress.h"
#include "base/text/json_text.h"
#include "models/plan/integer_values.h"
#include "models/quantization/range_collector.h"
#include "pipeline/evaluation/clips/clip_measures.h"
#include "pipeline/evaluation/clips/evaluator.h"

namespace actionflow {
namespace {

using Videos = std::vector<EvaluatedVideo>;

const char* name_of(RangeMethod method) {
  return method == RangeMethod::entropy ? "entropy" : method == RangeMethod::mse ? "mse" : "percentile";
}

// log p less its mean: the logits, but for a constant that no probability depends on.
std::vector<double> logits(const std::vector<float>& probabilities) {
  std::vector<double> result;
  double mean = 0;
  for (const float p : probabilities) {
    result.push_back(std::log(std::max(double{p}, 1e-12)));
    mean += result.back() / static_cast<double>(probabilities.size());
  }
  for (double& value : result) value -= mean;
  return result;
}

QuantizationLoss loss_between(const Videos& f32, const Videos& int8) {
  QuantizationLoss loss;
  std::int64_t right_f32 = 0, right_int8 = 0, agree = 0;
  double off = 0, all = 0;
  for (std::size_t i = 0; i < f32.size(); ++i) {
    if (!f32[i].readable() || !int8[i].readable()) continue;
    ++loss.clips;
    right_f32 += f32[i].right() ? 1 : 0;
    right_int8 += int8[i].right() ? 1 : 0;
    agree += f32[i].predicted() == int8[i].predicted() ? 1 : 0;
    const std::vector<double> before = logits(f32[i].probabilities), after = logits(int8[i].probabilities);
    for (std::size_t c = 0; c < before.size(); ++c) {
      off += (after[c] - before[c]) * (after[c] - before[c]);
      all += before[c] * before[c];
    }
  }
  loss.accuracy_f32 = share(right_f32, loss.clips);
  loss.accuracy_int8 = share(right_int8, loss.clips);
  loss.agreement = share(agree, loss.clips);
  loss.error = all > 0 ? std::sqrt(off / all) : 0;
  return loss;
}

class Quantizer {
 public:
  explicit Quantizer(const QuantizationRequest& request)
      : r_(request), layers_(integer_products(architecture().graph)), cache_(request.cache) {
    if (architecture().streams)
      throw ModelError("'" + architecture().name +
                       "' is a network for streams; quantize measures networks over clips");
    if (layers_.empty())
      throw ModelError("no layer of '" + architecture().name +
                       "' can compute in integers: none is a dense convolution or product on maps");
  }

  QuantizationReport run() {
    result_.quantization.ranges = find_ranges();
    before_ = judge("f32", {});
    if (std::none_of(before_.begin(), before_.end(), [](const auto& video) { return video.readable(); }))
      throw DatasetError("none of the videos on which losses are measured can be read");
    measure_layers();
    search();
    return std::move(result_);
  }

 private:
  const Architecture& architecture() const { return r_.model.architecture; }

  Videos look(const std::string& what, const Network& network, const std::vector<VideoEntry>& entries) {
    Progress progress(what, static_cast<std::int64_t>(entries.size()));
    return evaluate(network, entries, cache_,
                    {.sampling = r_.sampling, .threads = r_.threads, .stop = r_.stop, .advance = [&] {
                       progress.advance();
                     }});
  }

  std::map<std::string, ValueRange> find_ranges() {
    RangeCollector collector;
    const auto network =
        Network::compile(architecture(), r_.model.weights, {.observer = collector.observer()});
    const Videos videos = look("ranges", *network, r_.seen);
    const auto read = std::count_if(videos.begin(), videos.end(), [](const auto& v) { return v.readable(); });
    if (read == 0) throw DatasetError("none of the videos from which ranges are taken can be read");
    result_.quantization.chosen_on = fmt::format("{}, {} videos, {}", r_.seen_name, read, name_of(r_.method));
    return collector.ranges(r_.method);
  }

  Videos judge(const std::string& what, const std::optional<std::set<std::string>>& higher) {
    Weights weights = r_.model.weights;
    if (higher) {
      weights.quantization = result_.quantization;
      weights.quantization->higher_precision = *higher;
    }
    const auto network =
        Network::compile(architecture(), weights, {.precision = higher ? Precision::int8 : Precision::f32});
    return look(what, *network, r_.held_out);
  }

  QuantizationLoss loss_with(const std::string& what, const std::set<std::string>& higher) {
    return loss_between(before_, judge(what, higher));
  }

  // Each layer alone in integers.
  void measure_layers() {
    const std::set<std::string> all(layers_.begin(), layers_.end());
    for (const std::string& layer : layers_) {
      std::set<std::string> others = all;
      others.erase(layer);
      result_.layers.push_back({layer, loss_with(layer, others).error, true});
    }
  }

  double lost() const {
    return result_.quantization.loss.accuracy_f32 - result_.quantization.loss.accuracy_int8;
  }

  void search() {
    std::vector<LayerLoss*> worst;
    for (LayerLoss& layer : result_.layers) worst.push_back(&layer);
    std::stable_sort(worst.begin(), worst.end(),
                     [](const LayerLoss* a, const LayerLoss* b) { return a->error > b->error; });
    std::set<std::string>& higher = result_.quantization.higher_precision;
    result_.quantization.loss = loss_with("int8", higher);
    for (LayerLoss* layer : worst) {
      if (lost() <= r_.most_loss) return;
      layer->integers = false;
      higher.insert(layer->layer);
      result_.quantization.loss = loss_with("int8 without " + layer->layer, higher);
    }
  }

  const QuantizationRequest& r_;
  std::vector<std::string> layers_;
  FrameCache cache_;
  QuantizationReport result_;
  Videos before_;
};

}  // namespace

QuantizationReport quantize(const QuantizationRequest& request) { return Quantizer(request).run(); }

std::string quantization_text(const QuantizationReport& report) {
  std::size_t widest = 5;
  for (const LayerLoss& layer : report.layers) widest = std::max(widest, layer.layer.size());
  std::string text = fmt::format("{:<{}}  error alone  runs in\n", "layer", widest);
  for (const LayerLoss& layer : report.layers)
    text += fmt::format("{:<{}}  {:>11}  {}\n", layer.layer, widest, percent(layer.error),
                        layer.integers ? "int8" : "f32");
  const QuantizationLoss& loss = report.quantization.loss;
  text += fmt::format(
      "\nranges from {}\naccuracy {} in f32, {} in int8, of {} other videos\nthe same answer for {}, error "
      "of "
      "the logits {}\n",
      report.quantization.chosen_on, percent(loss.accuracy_f32), percent(loss.accuracy_int8), loss.clips,
      percent(loss.agreement), percent(loss.error));
  return text;
}

std::string quantization_json(const QuantizationReport& report) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerLoss& layer : report.layers)
    layers.push_back(
        {{"name", layer.layer}, {"error", layer.error}, {"precision", layer.integers ? "int8" : "f32"}});
  const QuantizationLoss& loss = report.quantization.loss;
  return json_text(nlohmann::ordered_json{{"layers", layers},
                                          {"chosen_on", report.quantization.chosen_on},
                                          {"clips", loss.clips},
                                          {"accuracy_f32", loss.accuracy_f32},
                                          {"accuracy_int8", loss.accuracy_int8},
                                          {"agreement", loss.agreement},
                                          {"error", loss.error}});
}

}  // namespace actionflow
