#include "pipeline/evaluation/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "base/log/log.h"
#include "base/log/progress.h"
#include "datasets/clips/perturb.h"
#include "datasets/lists/reading/read_dataset.h"
#include "datasets/lists/rows_beyond.h"
#include "datasets/recordings/frame_cache.h"
#include "models/formats/model_fingerprint.h"
#include "pipeline/evaluation/clips/clip_calibration.h"
#include "pipeline/evaluation/clips/kept_answers.h"
#include "pipeline/evaluation/split_streams.h"
#include "pipeline/recipe/training_data.h"

namespace actionflow {
namespace {

using Videos = std::vector<EvaluatedVideo>;

// The class that each class becomes when it is played backwards; −1 for none.
std::vector<int> partners_of(const std::vector<std::string>& classes,
                             const std::map<std::string, std::string>& reverse_labels) {
  const auto index = [&](const std::string& name) {
    const auto at = std::find(classes.begin(), classes.end(), name);
    return at == classes.end() ? -1 : static_cast<int>(at - classes.begin());
  };
  std::vector<int> partners(classes.size(), -1);
  for (const auto& [from, to] : reverse_labels) {
    const int a = index(from), b = index(to);
    if (a < 0 || b < 0 || a == b) continue;
    partners[static_cast<std::size_t>(a)] = b;
    partners[static_cast<std::size_t>(b)] = a;
  }
  return partners;
}

// Of the readable videos whose class has a partner, the share for which `holds(video, own, partner)`.
template <class F>
std::optional<double> share_of_pairs(const Videos& videos, const std::vector<int>& partners, F&& holds) {
  std::int64_t count = 0, held = 0;
  for (const EvaluatedVideo& video : videos) {
    const int own = video.labels.front(), partner = partners[static_cast<std::size_t>(own)];
    if (!video.readable() || partner < 0) continue;
    ++count;
    held += holds(video, own, partner) ? 1 : 0;
  }
  if (count == 0) return std::nullopt;
  return static_cast<double>(held) / static_cast<double>(count);
}

// Drawn videos are in the validation split alone.
Dataset dataset_of(const Recipe& recipe, const EvaluationRequest& request) {
  const bool validates = request.split == Split::val || !request.calibrated;
  if (!validates) return read_dataset(recipe.data.lists, recipe.seed);
  if (recipe.members > 1 && recipe.data.lists.val.empty())
    throw UsageError(
        "each part of train was trained on by some of the recipe's members: there is no video that training "
        "has not "
        "seen to validate on, expected data.val or the split test");
  return read_recipe_dataset(recipe);
}

class RecipeEvaluator {
 public:
  RecipeEvaluator(const Recipe& recipe, const std::filesystem::path& weights,
                  const EvaluationRequest& request)
      : recipe_(recipe),
        request_(request),
        dataset_(dataset_of(recipe, request)),
        model_(load(weights)),
        network_(compile_for_scoring(model_.architecture, model_.weights, request.precision)),
        cache_(cache_options(recipe)) {}

  Evaluation run() {
    const std::vector<VideoEntry>& entries = request_.split == Split::test ? dataset_.test : dataset_.val;
    Evaluation result;
    result.split = request_.split == Split::test ? "test" : "val";
    if (entries.empty())
      throw UsageError("the recipe names no videos for the split '" + result.split + "'; set data." +
                       result.split + (result.split == "val" ? " or data.val_share" : ""));
    result.network = network_->architecture().name;
    result.classes = network_->classes();
    const bool uncut =
        std::any_of(entries.begin(), entries.end(), [](const VideoEntry& entry) { return entry.timed; });
    if (uncut || network_->architecture().gives_action_scores())
      judge_streams(entries, result);
    else
      judge_clips(entries, result);
    return result;
  }

 private:
  void judge_clips(const std::vector<VideoEntry>& entries, Evaluation& result) {
    if (!request_.answers.empty()) answers_.emplace(request_.answers, question("clips"));
    result.videos = judge(entries, result.split);
    if (request_.share) return judge_share(entries, result);
    require_some(entries, result);
    add_unreadable(entries, result.videos, result);
    measure_clips(result);
    calibrate(result);
    judge_unknown(result);
    diagnose_time(entries, result);
    if (request_.perturb) judge_perturbed(entries, result);
  }

  // One unreadable video counts as wrong; none that is readable says nothing of the network.
  static void require_some(const std::vector<VideoEntry>& entries, const Evaluation& result) {
    if (std::ranges::any_of(result.videos, [](const auto& video) { return video.readable(); })) return;
    throw SourceError(fmt::format("none of the {} videos of {} can be read; the first: {}", entries.size(),
                                  result.split, result.videos.front().unreadable));
  }

  // What the run that makes something of the answers asks for, too.
  void judge_share(const std::vector<VideoEntry>& entries, Evaluation& result) {
    const bool calibrates = !(model_.calibration && model_.calibration->none_below);
    if (calibrates && request_.split != Split::val) judge(dataset_.val, "val");
    judge(dataset_.unknown, "unknown");
    for (const Perturbation& perturbation : perturbations())
      if (perturbation.of_time || request_.perturb) judge(entries, perturbation.name, perturbation.name);
    result.answered = answers_->added();
  }

  // What an answer depends on beside the video itself.
  std::string question(const std::string& of) const {
    Model raw = model_;
    raw.calibration.reset();
    return fmt::format("{} {:016x} precision {} {} crops {} seed {}", of, model_fingerprint(raw),
                       static_cast<int>(request_.precision),
                       config::print(config::Type<SamplingOptions>::write(sampling(), nullptr)),
                       recipe_.evaluate.crops, recipe_.seed);
  }

  SamplingOptions sampling() const {
    SamplingOptions sampling = recipe_.data.sampling;
    if (recipe_.evaluate.clips > 0) sampling.clips = recipe_.evaluate.clips;
    return sampling;
  }

  static void measure_clips(Evaluation& result) {
    result.measures = measure(result.videos, static_cast<int>(result.classes.size()));
    const auto right =
        std::count_if(result.videos.begin(), result.videos.end(), [](const auto& v) { return v.right(); });
    result.top1_interval = wilson_interval(right, result.measures.clips);
  }

  // Movements of no class stand among the test split's streams only: nothing is chosen by them.
  void judge_streams(const std::vector<VideoEntry>& split, Evaluation& result) {
    std::vector<VideoEntry> entries = split;
    if (request_.split == Split::test)
      entries.insert(entries.end(), dataset_.unknown.begin(), dataset_.unknown.end());
    std::optional<KeptAnswers<ScoredStream>> answers;
    if (!request_.answers.empty()) answers.emplace(request_.answers, question("streams"));
    const int threads = request_.threads > 0 ? request_.threads : recipe_.worker_threads();
    const SplitStreams streams(
        *network_, cache_,
        {{.seed = recipe_.seed}, threads, request_.stop, answers ? &*answers : nullptr, request_.share});
    if (request_.share) {
      answer_streams(streams, split, entries);
      result.answered = answers->added();
    } else {
      measure_streams(streams, split, entries, result);
    }
  }

  bool calibrates_streams() const { return !(model_.calibration && model_.calibration->events); }

  void answer_streams(const SplitStreams& streams, const std::vector<VideoEntry>& split,
                      const std::vector<VideoEntry>& entries) const {
    if (calibrates_streams()) streams.answer(dataset_.val);
    if (network_->architecture().gives_action_scores()) streams.answer_alone(split);
    streams.answer(entries);
  }

  void measure_streams(const SplitStreams& streams, const std::vector<VideoEntry>& split,
                       const std::vector<VideoEntry>& entries, Evaluation& result) const {
    if (!calibrates_streams())
      keep_calibration(result);
    else if (!dataset_.val.empty())
      result.calibration = streams.calibrate(dataset_.val, "val");
    const Calibration calibration = result.calibration.value_or(Calibration{});
    result.temperature = calibration.temperature;
    if (network_->architecture().gives_action_scores())
      result.videos = streams.clips_alone(split, calibration);
    if (!result.videos.empty()) measure_clips(result);
    std::vector<UnreadableVideo> unreadable;
    result.streams = streams.report(entries, calibration, request_.pictures, unreadable);
    for (const UnreadableVideo& video : unreadable)
      result.unreadable.push_back({entries[static_cast<std::size_t>(video.entry)].title(), video.why});
    name_actions_beyond(entries, result);
  }

  // They count as missed where nothing is found there.
  void name_actions_beyond(const std::vector<VideoEntry>& entries, Evaluation& result) const {
    for (const RowBeyond& row : rows_beyond(entries, recipe_.worker_threads()))
      if (row.action) result.unreadable.push_back({entries[row.entry].title(), row.place + ": " + row.what});
  }

  Model load(const std::filesystem::path& weights) const {
    const Architecture described = read_network(recipe_, dataset_.classes);
    Model model = load_model(weights, &described);
    if (model.architecture.classes != dataset_.classes)
      throw ModelError(weights.string() + ": its classes are not those of the recipe's dataset (" +
                       std::to_string(model.architecture.classes.size()) + " and " +
                       std::to_string(dataset_.classes.size()) +
                       "); evaluate with the recipe it was trained by");
    if (!request_.calibrated) model.calibration.reset();
    return model;
  }

  Videos judge(const std::vector<VideoEntry>& entries, const std::string& what,
               const std::string& perturbation = {}) {
    Progress progress(what, static_cast<std::int64_t>(entries.size()));
    EvaluatorOptions options;
    options.sampling = sampling();
    options.crops = recipe_.evaluate.crops;
    if (options.crops > 1) options.form = FrameForm::of(network_->input(), kCropMargin);
    options.perturbation = perturbation;
    options.seed = recipe_.seed;
    options.threads = request_.threads > 0 ? request_.threads : recipe_.worker_threads();
    options.stop = request_.stop;
    options.advance = [&] { progress.advance(); };
    std::vector<std::string> keys;
    if (answers_) keys = answer_keys(entries, perturbation);
    const auto kept = [&](std::size_t i) { return answers_ ? answers_->find(what, keys[i]) : nullptr; };
    if (answers_) {
      options.wanted = [&](std::size_t i) {
        return !kept(i) && (!request_.share || request_.share(entries[i].name));
      };
      options.answered = [&](std::size_t i, const EvaluatedVideo& video) {
        if (video.readable()) answers_->put(what, keys[i], video.probabilities);
      };
    }
    Videos videos = evaluate(*network_, entries, cache_, options);
    for (std::size_t i = 0; i < videos.size(); ++i)
      if (const std::vector<float>* probabilities = kept(i)) videos[i].probabilities = *probabilities;
    // What other shares have judged meanwhile is asked for another time.
    if (request_.share) return videos;
    return at_kept_temperature(std::move(videos));
  }

  // How a video is perturbed depends on its place in the list.
  static std::vector<std::string> answer_keys(const std::vector<VideoEntry>& entries,
                                              const std::string& perturbation) {
    std::vector<std::string> keys;
    for (const VideoEntry& entry : entries)
      keys.push_back(entry.identity() + (perturbation.empty() ? "" : fmt::format("\n{}", keys.size())));
    return keys;
  }

  // The same videos again, in another way. What could be read before and cannot be now is told as well.
  Videos judge_again(const std::vector<VideoEntry>& entries, const std::string& how, Evaluation& result) {
    Videos videos = judge(entries, how, how);
    for (std::size_t i = 0; i < videos.size(); ++i)
      if (!videos[i].readable() && result.videos[i].readable())
        result.unreadable.push_back({entries[i].title() + ", " + how, videos[i].unreadable});
    return videos;
  }

  Videos at_kept_temperature(Videos videos) const {
    if (!model_.calibration || !model_.calibration->temperature) return videos;
    for (EvaluatedVideo& video : videos)
      if (video.readable())
        video.probabilities = at_temperature(video.probabilities, *model_.calibration->temperature);
    return videos;
  }

  static void add_unreadable(const std::vector<VideoEntry>& entries, const Videos& videos,
                             Evaluation& result) {
    for (std::size_t i = 0; i < videos.size(); ++i)
      if (!videos[i].readable()) result.unreadable.push_back({entries[i].title(), videos[i].unreadable});
  }

  void keep_calibration(Evaluation& result) const {
    result.calibration = model_.calibration;
    result.calibration_kept = true;
  }

  void calibrate(Evaluation& result) {
    if (model_.calibration && model_.calibration->none_below) {
      keep_calibration(result);
      result.temperature = model_.calibration->temperature.value_or(1);
      result.threshold = model_.calibration->none_below;
      return;
    }
    if (dataset_.val.empty()) return;
    const bool judged = request_.split == Split::val;
    const Videos videos = judged ? result.videos : judge(dataset_.val, "val");
    if (!judged) add_unreadable(dataset_.val, videos, result);
    result.temperature = fitted_temperature(videos);
    result.threshold = rejection_threshold(videos);
    result.calibration = calibrate_clips(videos, "val");
  }

  void judge_unknown(Evaluation& result) {
    if (dataset_.unknown.empty()) return;
    const Videos unknown = judge(dataset_.unknown, "unknown");
    add_unreadable(dataset_.unknown, unknown, result);
    if (std::none_of(unknown.begin(), unknown.end(), [](const auto& video) { return video.readable(); }))
      log::warn("none of the {} videos of data.unknown can be read; rejection is not judged", unknown.size());
    result.auroc = auroc(result.videos, unknown);
    if (result.threshold) result.unknown_refused = share_refused(unknown, *result.threshold);
  }

  void diagnose_time(const std::vector<VideoEntry>& entries, Evaluation& result) {
    const std::vector<int> partners = partners_of(result.classes, recipe_.data.augment.reverse_labels);
    TimeDiagnosis& time = result.time.emplace();
    time.shuffled = score(judge_again(entries, "shuffled", result)).top1;
    const Videos reversed = judge_again(entries, "reversed", result);
    time.reversed = score(reversed).top1;
    time.reversed_as_partner =
        share_of_pairs(reversed, partners,
                       [](const EvaluatedVideo& v, int, int partner) { return v.predicted() == partner; });
    const Videos frozen = judge_again(entries, "frozen", result);
    time.frozen = score(frozen).top1;
    time.frozen_within_pair =
        share_of_pairs(frozen, partners, [](const EvaluatedVideo& v, int own, int partner) {
          return v.probabilities[static_cast<std::size_t>(own)] >
                 v.probabilities[static_cast<std::size_t>(partner)];
        });
  }

  void judge_perturbed(const std::vector<VideoEntry>& entries, Evaluation& result) {
    for (const Perturbation& perturbation : perturbations()) {
      if (perturbation.of_time) continue;
      result.perturbed.emplace_back(perturbation.name,
                                    score(judge_again(entries, perturbation.name, result)).top1);
    }
  }

  static constexpr double kCropMargin = 1.143;  // 256 for 224, as is usual for three crops

  const Recipe& recipe_;
  const EvaluationRequest& request_;
  Dataset dataset_;
  const Model model_;
  std::shared_ptr<const Network> network_;
  FrameCache cache_;
  std::optional<KeptAnswers<std::vector<float>>> answers_;
};

}  // namespace

Evaluation evaluate_recipe(const Recipe& recipe, const std::filesystem::path& weights,
                           const EvaluationRequest& request) {
  return RecipeEvaluator(recipe, weights, request).run();
}

}  // namespace actionflow
