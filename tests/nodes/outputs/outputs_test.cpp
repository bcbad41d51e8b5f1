// What a run found, as the bytes of files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text/label_color.h"
#include "nodes/outputs/action_pictures.h"
#include "nodes/outputs/captions.h"
#include "nodes/outputs/csv_output.h"
#include "nodes/outputs/event_page.h"
#include "nodes/outputs/event_page_head.h"
#include "nodes/results/stream_file.h"
#include "nodes/results/tee_sink.h"
#include "tests/datasets/make_video.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StreamEnd whole(const std::string& stream) { return {stream, 12, true}; }
StreamEnd failed(const std::string& stream) { return {stream, 0, false, "no such file"}; }

const std::vector<FoundAction> kActions{{1.5, 3.25, "wave", 0.875F},
                                        {3661.0004, 3661.0004, "R&D <b>\nx", 0.5F}};

TEST(Captions, SrtIsNumberTimesTextAndABlankLine) {
  EXPECT_EQ(captions(CaptionFormat::srt, kActions),
            "1\n00:00:01,500 --> 00:00:03,250\nwave\n\n"
            "2\n01:01:01,000 --> 01:01:01,001\nR&D <b> x\n\n");
  EXPECT_EQ(captions(CaptionFormat::srt, {}), "\n");
}

TEST(Captions, WebVttHasAHeaderAPointAndNoMarkup) {
  EXPECT_EQ(captions(CaptionFormat::vtt, kActions),
            "WEBVTT\n\n00:00:01.500 --> 00:00:03.250\nwave\n\n"
            "01:01:01.000 --> 01:01:01.001\nR&amp;D &lt;b&gt; x\n\n");
  EXPECT_EQ(captions(CaptionFormat::vtt, {}), "WEBVTT\n\n");
}

TEST(CsvOutput, EveryStreamHasARow) {
  EXPECT_EQ(csv_rows(whole("a, \"b\".mp4"), kActions),
            "\"a, \"\"b\"\".mp4\",1.500,3.250,wave,0.8750,\n"
            "\"a, \"\"b\"\".mp4\",3661.000,3661.000,R&D <b>\uFFFDx,0.5000,\n");
  EXPECT_EQ(csv_rows(whole("c.mp4"), {}), "c.mp4,,,,,\n");
  EXPECT_EQ(csv_rows(failed("d.mp4"), {}), "d.mp4,,,,,no such file\n");
}

TEST(EventPage, NamesAreDataAndNeverMarkup) {
  const std::string line = event_page_line(whole("</script><b>.mp4"), kActions, "x.mp4", {"", "JPEG"});
  EXPECT_EQ(line.find('<', 1), line.rfind("</script>"));
  const std::size_t begin = kPageLineBegin.size();
  const auto json = nlohmann::json::parse(line.substr(begin, line.rfind("</script>") - begin));
  EXPECT_EQ(json["stream"], "</script><b>.mp4");
  EXPECT_EQ(json["video"], "x.mp4");
  EXPECT_EQ(json["actions"][0]["label"], "wave");
  EXPECT_FALSE(json["actions"][0].contains("picture"));
  EXPECT_EQ(json["actions"][1]["picture"], "SlBFRw==");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(EventPage, ItsHeadHoldsTheClassesAsDataAndAsksForNothing) {
  const std::string head = event_page_head({"up", "</script><b>"});
  const std::string begin = R"(id="colors">)";
  const std::size_t at = head.find(begin) + begin.size();
  const auto json = nlohmann::json::parse(head.substr(at, head.find("</script>", at) - at));
  EXPECT_EQ(json["classes"][1], "</script><b>");
  EXPECT_EQ(json["colors"].size(), kLabelColors);
  EXPECT_EQ(json["colors"][0][0], css(label_color(0)));
  EXPECT_THAT(head, HasSubstr("default-src 'none'"));
  EXPECT_THAT(head, Not(HasSubstr("http:")));
  EXPECT_THAT(head, Not(HasSubstr("https:")));
}

TEST(EventPage, VideosAreNamedFromThePagesFolder) {
  EXPECT_EQ(relative_address("/a/b/film 1.mp4", "/a/b"), "film%201.mp4");
  EXPECT_EQ(relative_address("/a/films/100%#?.mp4", "/a/pages"), "../films/100%25%23%3F.mp4");
}

TEST(EventPage, PicturesAreOfTheMoment) {
  const testing::TemporaryFolder folder;
  testing::TestVideo video;
  video.frames = 50;
  video.fps = 25;
  video.paint = [&video](int k, std::uint8_t* rgb) {
    std::fill_n(rgb, 3 * video.width * video.height, static_cast<std::uint8_t>(k < 25 ? 40 : 200));
  };
  testing::write_test_video(folder / "a.mp4", video);
  const auto pictures = action_pictures(folder / "a.mp4", {0.2, 0.5, 1.5});
  ASSERT_EQ(pictures.size(), 3U);
  for (const std::string& picture : pictures) EXPECT_TRUE(picture.starts_with("\xff\xd8\xff"));
  EXPECT_EQ(pictures[0], pictures[1]);
  EXPECT_NE(pictures[0], pictures[2]);
  EXPECT_EQ(action_pictures(folder / "none.mp4", {1}), std::vector<std::string>{""});
}

TEST(StreamFile, PutsTheStreamsNameBeforeTheSuffix) {
  EXPECT_EQ(stream_file("out/film.srt", "day/1.mp4"), "out/film-day_1.mp4.srt");
}

// Fails at each result.
class Broken : public ResultSink {
 public:
  void window(const WindowResult&) override { throw Error(ExitCode::failure, "broken"); }
  void event(const EventResult&) override { throw Error(ExitCode::failure, "broken"); }
  void summary(const Summary&) override {}
};

class Counting : public ResultSink {
 public:
  void window(const WindowResult&) override { ++windows; }
  void event(const EventResult&) override { ++events; }
  void summary(const Summary&) override {}
  int windows = 0, events = 0;
};

TEST(TeeSink, OneThatFailsKeepsNothingFromTheOthers) {
  const auto counting = std::make_shared<Counting>();
  TeeSink tee({std::make_shared<Broken>(), counting});
  EXPECT_THROW(tee.window({}), Error);
  EXPECT_THROW(tee.event({}), Error);
  EXPECT_EQ(counting->windows, 1);
  EXPECT_EQ(counting->events, 1);
}

}  // namespace
}  // namespace actionflow
