// Streams as a reader of the report sees them, and what `evaluate` says of them.
#include "pipeline/evaluation/stream_report.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "pipeline/evaluation/report.h"
#include "pipeline/evaluation/streams/event_measures_text.h"
#include "pipeline/evaluation/streams/timeline.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kClasses{"wave", "<stop>", "turn"};

DetectedAction detected(int label, double start, double end, float score) {
  return {label, score, start, end, end, end};
}

// Right, confused, on a movement of no class, in idle time, said twice; the last action is missed.
StreamDetections mixed() {
  return {"yard & door",
          150,
          {{0, 1, 3}, {1, 10, 12}, {-1, 20, 22}, {2, 130, 132}},
          {detected(0, 1, 3, 0.95F), detected(2, 10, 12, 0.9F), detected(0, 20, 21, 0.8F),
           detected(1, 30, 31, 0.6F), detected(0, 2, 2.5, 0.3F)}};
}

SequenceSource gray_source(int samples) {
  return {1, [samples](std::size_t) {
            StreamSequence stream{"yard & door", {}, {}, 0.1};
            for (int k = 0; k < samples; ++k)
              stream.samples.push_back(std::make_shared<PreparedFrame>(8, 8, 1));
            return stream;
          }};
}

InputSpec gray_input() {
  InputSpec input;
  input.channels = 1;
  input.height = input.width = 8;
  input.color = ColorOrder::gray;
  return input;
}

TEST(StreamReport, TellsTheSurestMistakesFirstAndEachOnce) {
  const StreamReport report = report_streams({mixed()}, gray_source(1500), kClasses, gray_input());
  std::vector<std::string> told;
  for (const StreamMistake& mistake : report.mistakes) {
    told.push_back(mistake.what);
    EXPECT_THAT(mistake.png, HasSubstr("PNG"));
  }
  EXPECT_THAT(
      told,
      ElementsAre("turn (90.0 %), where it was <stop>", "wave (80.0 %), on a movement of no class",
                  "<stop> (60.0 %), where nothing happened", "missed: turn", "wave (30.0 %), once more"));
  EXPECT_EQ(report.measures.actions, 3);
}

TEST(StreamReport, StandsWithoutPicturesWhereVideosAreGone) {
  const SequenceSource gone{1, [](std::size_t) -> StreamSequence { throw SourceError("gone"); }};
  const StreamReport report = report_streams({mixed()}, gone, kClasses, gray_input());
  ASSERT_EQ(report.mistakes.size(), 5U);
  EXPECT_EQ(report.mistakes[0].png, "");
}

TEST(StreamReport, IsPartOfThePageAndNothingInItIsMarkup) {
  Report report;
  report.title = "net";
  report.classes = kClasses;
  report.streams = report_streams({mixed()}, gray_source(1500), kClasses, gray_input());
  const std::string html = report_html(report);
  EXPECT_THAT(html, AllOf(HasSubstr("class='timeline'"), HasSubstr("yard &amp; door"),
                          HasSubstr("data:image/png;base64,"), HasSubstr("&lt;stop&gt;")));
  EXPECT_THAT(html, AllOf(Not(HasSubstr("<stop>")), Not(HasSubstr("http")), Not(HasSubstr("nan"))));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Timeline, HasARowAMinuteWithoutIdleOnes) {
  const std::string svg = draw_timeline(mixed(), kClasses);
  EXPECT_EQ(count(svg, "<svg"), 2U);  // minutes 1 and 3; nothing is in the second
  EXPECT_THAT(svg, AllOf(HasSubstr(">0:00<"), HasSubstr(">2:10<"), Not(HasSubstr(">1:00<"))));
  EXPECT_EQ(count(svg, "class='wrong'"), 6U);  // two missed, four false
  EXPECT_THAT(svg, HasSubstr("turn, 130.0 to 132.0 s, missed"));
  EXPECT_EQ(draw_timeline({"idle", 100, {}, {}}, kClasses), "");
}

TEST(Timeline, AnActionOverTheMinuteStandsInBothRows) {
  const std::string svg = draw_timeline({"a", 120, {{0, 58, 62}}, {}}, kClasses);
  EXPECT_EQ(count(svg, "<title>wave, 58.0 to 62.0 s, missed</title>"), 2U);
}

// The keys that programs rely on.
TEST(EventMeasuresText, JsonHasTheContractsKeys) {
  const StreamDetections stream = mixed();
  const auto json = event_measures_json(measure_events({&stream, 1}, 3), kClasses);
  EXPECT_EQ(json["streams"], 1);
  EXPECT_EQ(json["seconds"], 150.0);
  EXPECT_EQ(json["actions"], 3);
  EXPECT_EQ(json["events"], 5);
  EXPECT_DOUBLE_EQ(json["recall"], 1.0 / 3);
  EXPECT_DOUBLE_EQ(json["precision"], 1.0 / 5);
  EXPECT_DOUBLE_EQ(json["f1"]["0.5"], 2.0 / 8);
  EXPECT_DOUBLE_EQ(json["f1"]["0.3"], 2.0 / 8);
  EXPECT_DOUBLE_EQ(json["false_events_per_hour"], 2 * 3600 / 150.0);
  EXPECT_DOUBLE_EQ(json["delay"]["start"]["p50"], 2.0);
  EXPECT_DOUBLE_EQ(json["delay"]["end"]["p90"], 0.0);
  EXPECT_EQ(json["per_class"].size(), 3U);
  EXPECT_EQ(json["per_class"][1]["label"], "<stop>");
  EXPECT_EQ(json["per_class"][1]["actions"], 1);
  for (const char* key : {"levenshtein_accuracy", "map"}) EXPECT_TRUE(json[key].is_number()) << key;
  const auto nothing = event_measures_json(measure_events({}, 3), kClasses);
  for (const char* key : {"levenshtein_accuracy", "map"}) EXPECT_TRUE(nothing[key].is_null()) << key;
  EXPECT_TRUE(nothing["delay"]["start"]["p50"].is_null());
}

TEST(EventMeasuresText, PeopleGetATable) {
  const StreamDetections stream = mixed();
  EXPECT_THAT(event_measures_text(measure_events({&stream, 1}, 3), kClasses),
              AllOf(HasSubstr("1 streams of 2.5 minutes, 3 actions, 5 events"),
                    HasSubstr("Levenshtein accuracy"), HasSubstr("1 of 1 with an event")));
}

}  // namespace
}  // namespace actionflow::testing
