// Lists of uncut videos with the times of their actions, in every layout that is read.
#include <gmock/gmock.h>

#include "datasets/lists/rows_beyond.h"
#include "tests/datasets/lists/dataset_fixture.h"

namespace actionflow {

static bool operator==(const TimedAction& one, const TimedAction& other) {
  return one.label == other.label && std::abs(one.start - other.start) < 1e-9 &&
         std::abs(one.end - other.end) < 1e-9;
}
static void PrintTo(const TimedAction& action, std::ostream* out) {
  *out << action.label << " from " << action.start << " to " << action.end;
}

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Names;
using testing::names_of;
using testing::TestVideo;
using testing::write_test_video;

constexpr int kWave = 0, kClap = 1, kBrush = 2;
using Actions = std::vector<TimedAction>;

class Times : public testing::DatasetTest {
 protected:
  Times() { options_.classes = "classes.txt"; }

  std::vector<VideoEntry> train(const std::string& list, const std::string& text) {
    write(list, text);
    options_.train = list;
    return read().train;
  }
  std::string refused(const std::string& list, const std::string& text) {
    write(list, text);
    options_.train = list;
    return short_error();
  }
};

TEST_F(Times, APathAStartAnEndAndALabelALine) {
  const auto videos = train("train.txt",
                            "a.mp4 1.5 3 wave\n"
                            "sub/b.mp4\n"
                            "my film 2.mp4 0 2 brush hair\n"
                            "a.mp4 00:01:00.5 61 1\n"
                            "a.mp4 0.5 1 clap\n");
  EXPECT_EQ(names_of(videos), (Names{"a.mp4", "sub/b.mp4", "my film 2.mp4"}));
  EXPECT_EQ(videos[0].actions, (Actions{{kClap, 0.5, 1}, {kWave, 1.5, 3}, {kClap, 60.5, 61}}));
  EXPECT_THAT(videos[0].action_places, ElementsAre("train.txt:5", "train.txt:1", "train.txt:4"));
  EXPECT_THAT(videos[1].actions, IsEmpty());
  EXPECT_EQ(videos[2].actions, (Actions{{kBrush, 0, 2}}));
  for (const VideoEntry& video : videos) {
    EXPECT_TRUE(video.timed);
    EXPECT_THAT(video.labels, IsEmpty());
  }
}

TEST_F(Times, ClassesAreTheLabelsWhereNothingNamesThem) {
  options_.classes.clear();
  write("train.txt", "a.mp4 1 2 brush hair\na.mp4 3 4.5 wave\n");
  options_.train = "train.txt";
  EXPECT_EQ(read().classes, (Names{"brush hair", "wave"}));
}

TEST_F(Times, WrongTimesAreErrorsWithTheirLine) {
  EXPECT_THAT(refused("train.txt",
                      "a.mp4 1.0 2 wave\n"
                      "a.mp4 3 2 wave\n"
                      "a.mp4 nan 2 wave\n"
                      "a.mp4 1 inf wave\n"
                      "a.mp4 -1 2 wave\n"
                      "a.mp4 5 wave\n"
                      "a.mp4 6 7 wawe\n"),
              AllOf(HasSubstr("train.txt:2: error: the action from 3 to 2 s ends before it begins"),
                    HasSubstr("train.txt:3: error: the action's start is 'nan', expected seconds"),
                    HasSubstr("train.txt:4: error: the action's end is 'inf', expected seconds"),
                    HasSubstr("train.txt:5: error: the action starts at -1 s, before the video"),
                    HasSubstr("train.txt:6: error: is neither `path start end label` nor a path alone"),
                    HasSubstr("train.txt:7: error: label is 'wawe'"), HasSubstr("did you mean 'wave'?")));
}

TEST_F(Times, AnActionBeyondItsVideoIsNamedWithItsLineAndLeftOut) {
  write_test_video(folder_ / "a.mp4", {.width = 32, .height = 24, .frames = 50});
  auto videos = train("train.txt", "a.mp4 0.5 1 wave\na.mp4 1 2.4 wave\na.mp4 1.5 3 clap\n");
  const std::vector<RowBeyond> rows = rows_beyond(videos, 1);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].place, "train.txt:3");
  EXPECT_EQ(rows[0].what, "the action from 1.5 to 3 s lies beyond 'a.mp4', which has 2 s");
  leave_out(rows, videos);
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_EQ(videos[0].actions, (Actions{{kWave, 0.5, 1}, {kWave, 1, 2.4}, {kAmbiguous, 1.5, 3}}));
}

TEST_F(Times, AVideoOnBothSidesOfASplitIsALeakWhateverItsTimes) {
  write("train.txt", "a.mp4 0.5 1 wave\nb.mp4 0 1 clap\n");
  write("test.txt", "a.mp4 10 11.5 wave\nc.mp4 0 1 wave\n");
  options_.train = "train.txt";
  options_.test = "test.txt";
  EXPECT_THAT(short_error(), AllOf(HasSubstr("leak"), HasSubstr("a.mp4")));
  // A part of it is it, too.
  write("test.csv", "path,label,start,end\na.mp4,wave,10,11\n");
  options_.test = "test.csv";
  EXPECT_THAT(short_error(), AllOf(HasSubstr("leak"), HasSubstr("a.mp4")));
}

TEST_F(Times, ACsvHoldsTimesOfActionsWhereStreamsAreMadeOfIt) {
  options_.streams = true;
  const auto videos = train("truth.csv",
                            "video,start,end,label\n"
                            "s0.mp4,0.0,2.5,wave\n"
                            "s0.mp4,2.5,4,\n"
                            "s1.mp4,,,\n"
                            "s0.mp4,4,5,clap\n");
  EXPECT_EQ(names_of(videos), (Names{"s0.mp4", "s1.mp4"}));
  EXPECT_EQ(videos[0].actions, (Actions{{kWave, 0, 2.5}, {kMovementOfNone, 2.5, 4}, {kClap, 4, 5}}));
  EXPECT_THAT(videos[1].actions, IsEmpty());
  options_.streams = false;
  write("parts.csv", "video,start,end,label\ns0.mp4,0.0,2.5,wave\n");
  options_.train = "parts.csv";
  EXPECT_TRUE(read().train[0].part.has_value());
}

TEST_F(Times, FramesAreCountedByTheirRateWhichIsAskedFor) {
  options_.format = DatasetFormat::csv_times;
  const std::string text = "label,video,end_frame,start_frame\nwave,a.mp4,49,25\n";
  EXPECT_THAT(refused("train.csv", text), AllOf(HasSubstr("train.csv:2: error: times are counted in frames"),
                                                HasSubstr("data.annotation_rate=25")));
  options_.annotation_rate = 25;
  EXPECT_EQ(train("train.csv", text)[0].actions, (Actions{{kWave, 1, 2}}));
}

TEST_F(Times, OfEpicKitchensTheUserSaysWhichColumnIsTheLabel) {
  options_.classes.clear();
  const std::string text =
      "narration_id,participant_id,video_id,start_timestamp,stop_timestamp,start_frame,stop_frame,verb,noun\n"
      "P01_01_0,P01,P01_01,00:00:00.14,00:00:03.37,8,202,open,door\n"
      "P02_01_0,P02,P02_01,00:01:00.00,01:00:01.00,1,2,close,door\n";
  write("P01_01.mp4", "");
  EXPECT_THAT(refused("EPIC_100_train.csv", text),
              AllOf(HasSubstr("EPIC_100_train.csv:1"), HasSubstr("data.label_column"), HasSubstr("verb")));
  options_.label_column = "vreb";
  EXPECT_THAT(refused("EPIC_100_train.csv", text), HasSubstr("data.label_column is 'vreb'"));
  options_.label_column = "verb";
  const auto videos = train("EPIC_100_train.csv", text);
  EXPECT_EQ(videos[0].path, folder_ / "P01_01.mp4");
  EXPECT_EQ(videos[0].group, "P01");
  EXPECT_EQ(videos[0].actions, (Actions{{1, 0.14, 3.37}}));  // close, open
  EXPECT_EQ(videos[1].actions, (Actions{{0, 60, 3601}}));
}

TEST_F(Times, ActivityNetsFileHoldsAllSplits) {
  const std::string text = R"({"version": "1.3", "taxonomy": [{"nodeName": "a"}], "database": {
    "abc": {"subset": "training", "duration": 10.0, "url": "x",
            "annotations": [{"label": "wave", "segment": [1.5, 3]}, {"label": "clap", "segment": [0, 1]}]},
    "def": {"subset": "validation", "duration": 20,
            "annotations": [{"label": "brush hair", "segment": [2, 20.2]}]},
    "ghi": {"subset": "training", "duration": 5, "annotations": []}}})";
  write("v_abc.mp4", "");
  write("ghi.mkv", "");
  write("activity.json", text);
  options_.val = "activity.json";
  const auto videos = train("activity.json", text);
  ASSERT_EQ(videos.size(), 2U);
  EXPECT_EQ(videos[0].path, folder_ / "v_abc.mp4");
  EXPECT_EQ(videos[0].actions, (Actions{{kClap, 0, 1}, {kWave, 1.5, 3}}));
  EXPECT_EQ(videos[1].path, folder_ / "ghi.mkv");
  EXPECT_EQ(read().val[0].actions, (Actions{{kBrush, 2, 20.2}}));
}

TEST_F(Times, OfActivityNetWhatIsWrongIsNamedByVideoAndAnnotation) {
  const std::string text = refused("activity.json", R"({"database": {
    "abc": {"subset": "training", "duration": 10.0,
            "annotations": [{"label": "wave", "segment": [3, 1]}, {"label": "wave", "segment": [9, 12]},
                            {"label": "wave"}]}, "def": 5}})");
  EXPECT_THAT(text, AllOf(HasSubstr("abc, annotation 1: error: the action from 3 to 1 s"),
                          HasSubstr("abc, annotation 2: error: the action from 9 to 12 s lies beyond"),
                          HasSubstr("abc, annotation 3: error: is no annotation"),
                          HasSubstr("def: error: is no video")));
}

TEST_F(Times, Thumos14HasAFileAClassAndAmbiguousStretchesCountNeitherWay) {
  options_.classes.clear();
  write("lists/CleanAndJerk_val.txt", "video_validation_0000001  1.7 3.2\n");
  write("lists/Diving_val.txt", "video_validation_0000002 10.0 12.5\nvideo_validation_0000001 5 6\n");
  write("lists/Ambiguous_val.txt", "video_validation_0000001 8 9\n");
  write("video_validation_0000001.mp4", "");
  options_.train = "lists";
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"CleanAndJerk", "Diving"}));
  ASSERT_EQ(names_of(dataset.train), (Names{"video_validation_0000001", "video_validation_0000002"}));
  EXPECT_EQ(dataset.train[0].path, folder_ / "video_validation_0000001.mp4");
  EXPECT_EQ(dataset.train[0].actions, (Actions{{0, 1.7, 3.2}, {1, 5, 6}, {kAmbiguous, 8, 9}}));
  write("lists/Diving_val.txt", "video_validation_0000002 10.0\n");
  EXPECT_THAT(short_error(),
              HasSubstr("Diving_val.txt:1: error: expected a video's name, a start and an end"));
}

const char* const kElan = R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE a [<!ENTITY bomb "wave">]>
<ANNOTATION_DOCUMENT FORMAT="3.0">
  <HEADER TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/videos/film.wav" MIME_TYPE="audio/x-wav"/>
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/videos/film.mp4" MIME_TYPE="video/mp4"/>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/>
    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2250"/>
    <TIME_SLOT TIME_SLOT_ID="ts3"/>
  </TIME_ORDER>
  <TIER TIER_ID="hands">
    <ANNOTATION>
      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
        <ANNOTATION_VALUE>LABEL</ANNOTATION_VALUE>
      </ALIGNABLE_ANNOTATION>
    </ANNOTATION>
  </TIER>
  <TIER TIER_ID="speech">SPEECH</TIER>
</ANNOTATION_DOCUMENT>
)";

std::string elan(const std::string& label, const std::string& speech = "") {
  std::string text = kElan;
  text.replace(text.find("LABEL"), 5, label);
  text.replace(text.find("SPEECH"), 6, speech);
  return text;
}

TEST_F(Times, OfElanATierIsReadAndTheVideoIsFoundByItsLastName) {
  write("my film.mp4", "");
  std::string text = elan("wave");
  text.replace(text.find("film.mp4"), 4, "my%20film");
  const auto videos = train("film.eaf", text);
  EXPECT_EQ(videos[0].path, folder_ / "my film.mp4");
  EXPECT_EQ(videos[0].actions, (Actions{{kWave, 0.5, 2.25}}));
  EXPECT_THAT(videos[0].action_places, ElementsAre("film.eaf:15"));
}

TEST_F(Times, OfElanTheTierIsAskedForWhereSeveralHaveAnnotations) {
  const std::string other =
      R"(<ANNOTATION><ALIGNABLE_ANNOTATION TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts3">
         <ANNOTATION_VALUE>clap</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>)";
  EXPECT_THAT(refused("film.eaf", elan("wave", other)),
              AllOf(HasSubstr("data.tier=NAME"), HasSubstr("hands, speech")));
  options_.tier = "speech";
  EXPECT_THAT(refused("film.eaf", elan("wave", other)), HasSubstr("refers to a time slot without a time"));
  options_.tier = "feet";
  EXPECT_THAT(refused("film.eaf", elan("wave", other)), HasSubstr("no tier 'feet'"));
  options_.tier = "hands";
  EXPECT_EQ(train("film.eaf", elan("wave", other))[0].actions.size(), 1U);
}

TEST_F(Times, OfElanEntitiesAreNotExpandedAndBrokenXmlIsAnErrorWithItsLine) {
  EXPECT_THAT(refused("film.eaf", elan("&bomb;")), HasSubstr("label is '&bomb'"));
  EXPECT_THAT(refused("film.eaf", elan("<wave>")), HasSubstr("is no XML here"));
  options_.tier = "speech";
  EXPECT_THAT(refused("film.eaf", elan("wave", "<ANNOTATION><REF_ANNOTATION/></ANNOTATION>")),
              HasSubstr("film.eaf:20: error: tier 'speech' has the times of another one"));
  std::string frames = elan("wave");
  frames.replace(frames.find("milliseconds"), 12, "PAL-frames");
  EXPECT_THAT(refused("film.eaf", frames), HasSubstr("counts time in PAL-frames"));
}

TEST_F(Times, OfBorisStatesAreReadAndPointsPassedOver) {
  const auto videos =
      train("events.tsv",
            "Observation id\tMedia file\tSubject\tBehavior\tBehavior type\tStart (s)\tStop (s)\n"
            "o1\t/home/me/rats/film.mp4\tr1\twave\tSTATE\t1.5\t4\n"
            "o1\t/home/me/rats/film.mp4\tr1\tclap\tPOINT\t2\t2\n"
            "o1\tfilm.mp4\tr1\tclap\tSTATE\t5\t6.25\n");
  EXPECT_EQ(names_of(videos), (Names{"film.mp4"}));
  EXPECT_EQ(videos[0].actions, (Actions{{kWave, 1.5, 4}, {kClap, 5, 6.25}}));
  EXPECT_THAT(logged_, ::testing::Contains(HasSubstr("1 events of type POINT")));
  const auto newer =
      train("newer.csv",
            "Observation id,Subject,Behavior,Behavioral category,Behavior type,Start (seconds),"
            "Stop (seconds),Duration (seconds),Media file name,Comment start\n"
            "o1,r1,wave,body,STATE,1.25,2.75,1.5,film.mp4,\"so, so\"\n");
  EXPECT_EQ(newer[0].actions, (Actions{{kWave, 1.25, 2.75}}));
}

TEST_F(Times, OfLabelStudioFramesAreCountedFromOne) {
  const std::string text = R"([
    {"id": 1, "data": {"video": "/data/upload/3/0a1b2c3d-film.mp4"}, "annotations": [
       {"was_cancelled": true, "result": [{"value": {"ranges": [{"start": 1, "end": 2}],
                                                    "timelinelabels": ["brush hair"]}}]},
       {"was_cancelled": false, "result": [{"type": "timelinelabels", "value":
          {"ranges": [{"start": 26, "end": 50}, {"start": 76, "end": 100}], "timelinelabels": ["wave"]}}]}]},
    {"id": 2, "data": {"video": "/data/local-files/?d=sub/quiet.mp4"}, "annotations": [{"result": []}]}])";
  EXPECT_THAT(refused("export.json", text),
              AllOf(HasSubstr("task 1: error: times are counted in frames"), HasSubstr("annotation_rate")));
  options_.annotation_rate = 25;
  const auto videos = train("export.json", text);
  EXPECT_EQ(names_of(videos), (Names{"film.mp4", "quiet.mp4"}));
  EXPECT_EQ(videos[0].actions, (Actions{{kWave, 1, 2}, {kWave, 3, 4}}));
  EXPECT_THAT(videos[1].actions, IsEmpty());
}

TEST_F(Times, OfAudacityAFileIsAVideoAndLinesOfFrequenciesArePassedOver) {
  write("film.mp4", "");
  write("labels/film.txt", "1.500000\t3.000000\twave\n\\\t100.0\t200.0\n4,0\t5\tclap\n");
  options_.train = "labels";
  EXPECT_THAT(short_error(), HasSubstr("film.txt:3: error: the action's start is '4,0'"));
  write("labels/film.txt", "1.500000\t3.000000\twave\n\\\t100.0\t200.0\n4\t5\tbrush hair\n6\t7\t\n");
  write("labels/quiet.txt", "");
  const auto videos = read().train;
  EXPECT_EQ(names_of(videos), (Names{"film", "quiet"}));
  EXPECT_EQ(videos[0].path, folder_ / "film.mp4");
  EXPECT_EQ(videos[0].actions, (Actions{{kWave, 1.5, 3}, {kBrush, 4, 5}, {kMovementOfNone, 6, 7}}));
}

}  // namespace
}  // namespace actionflow
