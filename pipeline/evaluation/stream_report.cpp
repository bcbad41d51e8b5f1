#include "pipeline/evaluation/stream_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text/html.h"
#include "datasets/pictures/encoding/png.h"
#include "pipeline/evaluation/clips/clip_measures.h"
#include "pipeline/evaluation/streams/timeline.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostMistakes = 24;
constexpr int kStripFrames = 8;
constexpr double kMissedBadness = 0.5;

struct Ranked {
  StreamMistake mistake;
  std::size_t stream = 0;
  double badness = 0;
};

// The action that a detection overlaps most, whatever its label; none of them: null.
const TimedAction* action_under(const StreamDetections& stream, const DetectedAction& detected) {
  const TimedAction* under = nullptr;
  double most = 0;
  for (const TimedAction& action : stream.actions) {
    const double common = std::min(detected.end, action.end) - std::max(detected.start, action.start);
    if (common <= most) continue;
    most = common;
    under = &action;
  }
  return under;
}

class MistakeList {
 public:
  MistakeList(const std::vector<StreamDetections>& streams, const std::vector<std::string>& classes)
      : streams_(streams), classes_(classes) {
    std::vector<std::vector<bool>> told;
    for (const StreamDetections& stream : streams) told.emplace_back(stream.actions.size());
    for (const DetectionMatch& match : match_detections(streams, kLooseOverlap)) {
      if (match.action >= 0)
        told[match.stream][static_cast<std::size_t>(match.action)] = true;
      else
        add_false(match.stream, streams[match.stream].detected[match.detection], told[match.stream]);
    }
    for (std::size_t s = 0; s < streams.size(); ++s) add_missed(s, told[s]);
    std::stable_sort(list_.begin(), list_.end(),
                     [](const Ranked& a, const Ranked& b) { return a.badness > b.badness; });
    list_.resize(std::min(list_.size(), kMostMistakes));
  }

  std::vector<Ranked> take() { return std::move(list_); }

 private:
  const std::string& name_of(int label) const { return classes_[static_cast<std::size_t>(label)]; }

  void add(std::size_t stream, double start, double end, double badness, std::string what) {
    list_.push_back({{streams_[stream].name, start, end, std::move(what), {}}, stream, badness});
  }

  // An action under it that is told so wrongly is not told again as missed.
  void add_false(std::size_t at, const DetectedAction& detected, std::vector<bool>& told) {
    const StreamDetections& stream = streams_[at];
    const TimedAction* under = action_under(stream, detected);
    std::string where = "where nothing happened";
    if (under != nullptr && under->label == kMovementOfNone) where = "on a movement of no class";
    if (under != nullptr && under->label >= 0) {
      const auto index = static_cast<std::size_t>(under - stream.actions.data());
      where = under->label == detected.label ? (told[index] ? "once more" : "at another time")
                                             : "where it was " + name_of(under->label);
      told[index] = true;
    }
    add(at, detected.start, detected.end, detected.score,
        fmt::format("{} ({}), {}", name_of(detected.label), percent(detected.score), where));
  }

  void add_missed(std::size_t at, const std::vector<bool>& told) {
    const std::vector<TimedAction>& actions = streams_[at].actions;
    for (std::size_t a = 0; a < actions.size(); ++a) {
      if (actions[a].label < 0 || told[a]) continue;
      add(at, actions[a].start, actions[a].end, kMissedBadness, "missed: " + name_of(actions[a].label));
    }
  }

  const std::vector<StreamDetections>& streams_;
  const std::vector<std::string>& classes_;
  std::vector<Ranked> list_;
};

std::string strip_of(const StreamSequence& sequence, const StreamMistake& mistake, const InputSpec& input) {
  std::vector<PreparedFramePtr> clip;
  for (std::size_t k = 0; k < sequence.samples.size(); ++k) {
    const double time = static_cast<double>(k) * sequence.interval;
    if (time >= mistake.start && time < mistake.end) clip.push_back(sequence.samples[k]);
  }
  return clip.empty() ? std::string() : encode_png(film_strip(clip, input, Shown::colors, kStripFrames));
}

// One stream after another, for each may be long.
void add_strips(std::vector<Ranked>& ranked, const SequenceSource& source, const InputSpec& input) {
  std::set<std::size_t> shown;
  for (const Ranked& one : ranked)
    if (one.stream < source.count) shown.insert(one.stream);
  for (const std::size_t index : shown) {
    try {
      const StreamSequence stream = source.stream(index);
      for (Ranked& one : ranked)
        if (one.stream == index) one.mistake.png = strip_of(stream, one.mistake, input);
    } catch (const Error&) {
      // Gone since it was judged: its lines stand without pictures.
    }
  }
}

std::string seconds_or_dash(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f} s", *value) : "–";
}

std::string figures(const EventMeasures& measures) {
  return "<div class='figures'>" +
         figure_of("Levenshtein accuracy",
                   measures.levenshtein_accuracy ? percent(*measures.levenshtein_accuracy) : "–") +
         figure_of("precision", percent(measures.loose.precision)) +
         figure_of("recall", percent(measures.loose.recall)) +
         figure_of("F1 at 0.5", percent(measures.half.f1)) +
         figure_of("mAP", measures.map ? percent(*measures.map) : "–") +
         figure_of("false events an hour", fmt::format("{:.1f}", measures.false_events)) +
         figure_of("after the end (p50)", seconds_or_dash(measures.end.p50)) +
         figure_of("after the end (p90)", seconds_or_dash(measures.end.p90)) + "</div>";
}

std::string class_table_html(const EventMeasures& measures, const std::vector<std::string>& classes) {
  std::string html =
      "<div class='scroll'><table><thead><tr><th>class</th><th>precision</th><th>recall</th><th>F1 at "
      "0.3</th>"
      "<th>F1 at 0.5</th><th>AP</th><th>actions</th><th>events</th></tr></thead><tbody>";
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const EventClassMeasures& of = measures.per_class[k];
    html += fmt::format(
        "<tr><td>{}</td><td>{:.3f}</td><td>{:.3f}</td><td>{:.3f}</td><td>{:.3f}</td><td>{}</td><td>{}</td>"
        "<td>{}</td></tr>",
        escape_html(classes[k]), of.loose.precision, of.loose.recall, of.loose.f1, of.half.f1,
        of.average_precision ? fmt::format("{:.2f}", *of.average_precision) : "–", of.actions, of.events);
  }
  return html + "</tbody></table></div>";
}

std::string mistake_html(const StreamMistake& mistake) {
  std::string html = "<figure>";
  if (!mistake.png.empty())
    html += fmt::format("<img alt='' src='data:image/png;base64,{}'>", base64(mistake.png));
  return html + fmt::format("<figcaption><b>{}</b>, {:.1f} to {:.1f} s: {}</figcaption></figure>",
                            escape_html(mistake.stream), mistake.start, mistake.end,
                            escape_html(mistake.what));
}

}  // namespace

StreamReport report_streams(std::vector<StreamDetections> detected, const SequenceSource& source,
                            const std::vector<std::string>& classes, const InputSpec& input) {
  StreamReport report;
  report.measures = measure_events(detected, static_cast<int>(classes.size()));
  std::vector<Ranked> ranked = MistakeList(detected, classes).take();
  add_strips(ranked, source, input);
  for (Ranked& one : ranked) report.mistakes.push_back(std::move(one.mistake));
  report.streams = std::move(detected);
  return report;
}

std::string figure_of(std::string_view name, const std::string& value) {
  return fmt::format("<div><b>{}</b>{}</div>", value, name);
}

std::string stream_report_html(const StreamReport& report, const std::vector<std::string>& classes) {
  std::string html = "<h2>Streams</h2>" + figures(report.measures) +
                     "<p>Above what happened, below what was detected; red: missed or false.</p>";
  for (const StreamDetections& stream : report.streams)
    html += "<h3>" + escape_html(stream.name) + "</h3>" + draw_timeline(stream, classes);
  html += "<h2>Classes in streams</h2>" + class_table_html(report.measures, classes);
  html += report.mistakes.empty() ? "<p>No mistakes.</p>" : "<h2>Worst mistakes in streams</h2>";
  for (const StreamMistake& mistake : report.mistakes) html += mistake_html(mistake);
  return html;
}

}  // namespace actionflow
