#include <gmock/gmock.h>

#include "tests/datasets/lists/dataset_fixture.h"

namespace actionflow {
namespace {

using ::testing::AllOf;
using testing::DatasetTest;
using ::testing::HasSubstr;
using testing::Labels;
using testing::labels_of;
using testing::Names;
using testing::names_of;

class DatasetFormats : public DatasetTest {};

TEST_F(DatasetFormats, ALineIsAPathWithBlanksAndALabelAsNumberOrName) {
  options_.classes = "classes.txt";
  options_.train = "train.txt";
  write("train.txt",
        "\xEF\xBB\xBF"
        "videos/a b.mp4 1\r\n\n  c.mp4\twave  \nd e.mp4 brush hair\nf.mp4 0,2\n");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"wave", "clap", "brush hair"}));
  EXPECT_EQ(names_of(dataset.train), (Names{"videos/a b.mp4", "c.mp4", "d e.mp4", "f.mp4"}));
  EXPECT_EQ(labels_of(dataset.train), (Labels{{1}, {0}, {2}, {0, 2}}));
  EXPECT_EQ(dataset.train[0].path, folder_ / "videos/a b.mp4");
  EXPECT_EQ(dataset.train[2].list, "train.txt:4");
}

TEST_F(DatasetFormats, WithoutAClassListTheLabelsAreTheClasses) {
  options_.train = "train.txt";
  write("train.txt", "a.mp4 run\nb.mp4 jump\nc.mp4 run\n");
  EXPECT_EQ(read().classes, (Names{"jump", "run"}));
  write("train.txt", "a.mp4 0\nb.mp4 2\n");
  const Dataset numbered = read();
  EXPECT_EQ(numbered.classes, (Names{"0", "1", "2"}));
  EXPECT_EQ(labels_of(numbered.train), (Labels{{0}, {2}}));
  ASSERT_EQ(logged_.size(), 1U);
  EXPECT_EQ(logged_[0], "1 of 3 classes have no training videos: 1");
}

TEST_F(DatasetFormats, WithoutAClassListJoinedLabelsCountOneByOne) {
  options_.train = "train.txt";
  write("train.txt", "a.mp4 0,2\nb.mp4 1\nc.mp4 2\n");
  EXPECT_EQ(read().classes, (Names{"0", "1", "2"}));
  EXPECT_EQ(labels_of(read().train), (Labels{{0, 2}, {1}, {2}}));
  write("train.txt", "a.mp4 wave,clap\nb.mp4 wave\n");
  EXPECT_EQ(read().classes, (Names{"clap", "wave"}));
  EXPECT_EQ(labels_of(read().train), (Labels{{0, 1}, {1}}));
  options_.train = "train.csv";
  write("train.csv", "path,label\na.mp4,\"0,2\"\nb.mp4,1\n");
  EXPECT_EQ(labels_of(read().train), (Labels{{0, 2}, {1}}));
}

TEST_F(DatasetFormats, ACsvLabelThatMayBeOneNameOrSeveralAsksForAClassList) {
  options_.train = "train.csv";
  write("train.csv", "path,label\na.mp4,\"lifting, then dropping\"\nb.mp4,wave\n");
  EXPECT_EQ(short_error(),
            "train.csv:2: error: label 'lifting, then dropping' may be one class or 2, name data.classes");
  write("classes.txt", "wave\nlifting, then dropping\n");
  options_.classes = "classes.txt";
  EXPECT_EQ(labels_of(read().train), (Labels{{1}, {0}}));
}

TEST_F(DatasetFormats, AJsonClassListMayBeIndented) {
  options_.train = "train.txt";
  options_.classes = "classes.json";
  write("train.txt", "a.mp4 wave\nb.mp4 0\n");
  for (const char* json : {"[\n  \"clap\",\n  \"wave\"\n]\n", "\n[ \"clap\", \"wave\"]",
                           "\n{\n  \"clap\": 0,\n  \"wave\": 1\n}\n"}) {
    write("classes.json", json);
    EXPECT_EQ(read().classes, (Names{"clap", "wave"})) << json;
    EXPECT_EQ(labels_of(read().train), (Labels{{1}, {0}})) << json;
  }
}

TEST_F(DatasetFormats, OnlyUcf101sListsCountFromOne) {
  write("classInd.txt", "1 wave\n2 clap\n");
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  options_.train = "train.txt";
  options_.classes = "classInd.txt";
  EXPECT_EQ(labels_of(read().train), (Labels{{0}, {1}}));
  write("train.txt", "a.mp4 1\nb.mp4 2\n");
  EXPECT_EQ(short_error(), "train.txt:2: error: label is '2', expected 0 to 1, or a class's name");
  options_.format = DatasetFormat::ucf101;
  EXPECT_EQ(labels_of(read().train), (Labels{{0}, {1}}));
}

TEST_F(DatasetFormats, CsvColumnsAreFoundByNameAndQuotesAreKept) {
  options_.classes = "classes.txt";
  options_.train = "train.csv";
  write("train.csv",
        "split,Label,video_path,person\r\n"
        "train,wave,\"a, \"\"b\"\".mp4\",p1\r\n"
        "train,\"brush hair\",c.mp4,p2\r\n"
        "test,clap,d.mp4,p3\r\n"
        "train,\"0,1\",e.mp4,p2\r\n");
  const Dataset dataset = read();
  EXPECT_EQ(names_of(dataset.train), (Names{"a, \"b\".mp4", "c.mp4", "e.mp4"}));
  EXPECT_EQ(labels_of(dataset.train), (Labels{{0}, {2}, {0, 1}}));
  EXPECT_EQ(dataset.train[1].group, "p2");
}

TEST_F(DatasetFormats, KineticsCsvNamesTheSecondsOfItsClips) {
  options_.train = "train.csv";
  write("train.csv",
        "label,youtube_id,time_start,time_end,split\nabseiling,xyz-1,10,20,train\nzumba,a_b,5,15,train\n");
  write("zumba/a_b_000005_000015.mp4", "");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"abseiling", "zumba"}));
  EXPECT_EQ(dataset.train[0].path, folder_ / "xyz-1_000010_000020");
  EXPECT_EQ(dataset.train[1].path, folder_ / "zumba/a_b_000005_000015.mp4");
}

TEST_F(DatasetFormats, CsvWithoutAHeaderIsPathAndLabelAndPlainListsMayBeCalledCsv) {
  options_.train = "train.csv";
  write("train.csv", "a.mp4,0\nb.mp4,1\n");
  EXPECT_EQ(labels_of(read().train), (Labels{{0}, {1}}));
  write("train.csv", "a.mp4 0\nb.mp4 1\n");
  EXPECT_EQ(labels_of(read().train), (Labels{{0}, {1}}));
  write("train.csv", "a,b,c\n1,2,3\n");
  EXPECT_THAT(short_error(),
              HasSubstr("train.csv:1: error: 'a,b,c' names no columns that are known, expected"));
  write("train.csv", "path,label\na.mp4,0\nb.mp4\n\"c.mp4,1\n");
  EXPECT_THAT(short_error(), AllOf(HasSubstr("train.csv:3: error: has 1 cells, expected 2"),
                                   HasSubstr("train.csv:4: error: a quote is not closed")));
}

TEST_F(DatasetFormats, FoldersAreClasses) {
  for (const char* name :
       {"data/train/run/1.mp4", "data/train/run/10.mp4", "data/train/run/2.mp4", "data/train/jump/a.avi",
        "data/train/jump/readme.txt", "data/val/run/b.mp4", "data/train/.hidden/c.mp4"})
    write(name, "");
  options_.root = folder_ / "data";
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"jump", "run"}));
  EXPECT_EQ(names_of(dataset.train),
            (Names{"train/jump/a.avi", "train/run/1.mp4", "train/run/2.mp4", "train/run/10.mp4"}));
  EXPECT_EQ(labels_of(dataset.train), (Labels{{0}, {1}, {1}, {1}}));
  EXPECT_EQ(dataset.val.size(), 1U);
  EXPECT_EQ(dataset.train[0].path, folder_ / "data/train/jump/a.avi");
}

TEST_F(DatasetFormats, Ucf101CountsFromOneAndItsTestListsHaveNoLabels) {
  write("lists/classInd.txt", "1 ApplyEyeMakeup\n2 Archery\n");
  write("lists/trainlist01.txt",
        "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\nArchery/v_Archery_g08_c01.avi 2\r\n");
  write("lists/testlist01.txt", "Archery/v_Archery_g01_c01.avi\n");
  options_.train = "lists/trainlist01.txt";
  options_.test = "lists/testlist01.txt";
  options_.groups = "_(g\\d+)_c";
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"ApplyEyeMakeup", "Archery"}));
  EXPECT_EQ(labels_of(dataset.train), (Labels{{0}, {1}}));
  EXPECT_EQ(labels_of(dataset.test), (Labels{{1}}));
  EXPECT_EQ(dataset.test[0].group, "g01");
  options_.train = "lists";
  options_.test = "";
  EXPECT_EQ(names_of(read().train), names_of(dataset.train));
  EXPECT_EQ(names_of(read().test), names_of(dataset.test));

  write("lists/trainlist01.txt", "ApplyEyeMakeup/a.avi 2\nArchery/b.avi 3\n");
  write("lists/testlist01.txt", "Surfing/c.avi\n");
  EXPECT_EQ(
      short_error(),
      "lists/trainlist01.txt:1: error: label is 2, which is 'Archery', but the video lies in "
      "ApplyEyeMakeup/\n"
      "lists/trainlist01.txt:2: error: label is '3', expected 1 to 2, or a class's name\n"
      "lists/testlist01.txt:1: error: 'Surfing/c.avi' has no label, expected 1 to 2, or a class's name");
}

TEST_F(DatasetFormats, Hmdb51HasAListAClassWithTrainAndTest) {
  write("splits/brush_hair_test_split1.txt", "#a b.avi 1 \nc.avi 2 \nd.avi 0 \n");
  write("splits/cartwheel_test_split1.txt", "e.avi 1 \nf.avi 2 \n");
  write("splits/cartwheel_test_split2.txt", "e.avi 2 \n");
  write("brush_hair/#a b.avi", "");
  options_.train = "splits";
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"brush_hair", "cartwheel"}));
  EXPECT_EQ(names_of(dataset.train), (Names{"#a b.avi", "e.avi"}));
  EXPECT_EQ(labels_of(dataset.train), (Labels{{0}, {1}}));
  EXPECT_EQ(names_of(dataset.test), (Names{"c.avi", "f.avi"}));
  EXPECT_EQ(dataset.train[0].path, folder_ / "brush_hair/#a b.avi");
  EXPECT_EQ(dataset.test[1].path, folder_ / "cartwheel/f.avi");
  write("splits/cartwheel_test_split1.txt", "e.avi 1 \nf.avi three\n");
  EXPECT_EQ(short_error(),
            "splits/cartwheel_test_split1.txt:2: error: 'f.avi three', expected a file's name and 0, 1 or 2");
}

TEST_F(DatasetFormats, JesterNamesFoldersOfFramesByNumber) {
  write("jester-v1-labels.csv", "Swiping Left\nDoing other things\n");
  write("jester-v1-train.csv", "1;Swiping Left\n2;Doing other things\n");
  write("1/00001.jpg", "");
  write("2.webm", "");
  options_.classes = "jester-v1-labels.csv";
  options_.train = "jester-v1-train.csv";
  options_.frame_rate = 12;
  const Dataset dataset = read();
  EXPECT_EQ(labels_of(dataset.train), (Labels{{0}, {1}}));
  EXPECT_EQ(dataset.train[0].path, folder_ / "1");
  EXPECT_EQ(dataset.train[1].path, folder_ / "2.webm");
  EXPECT_EQ(dataset.train[0].source().frame_rate, 12);
}

TEST_F(DatasetFormats, SomethingSomethingsTemplatesAreItsClassesWithoutBrackets) {
  write("labels.json", R"({"Holding something": "0", "Putting something on something": "1"})");
  write("train.json", R"([
    {"id":"78687","label":"holding potato","template":"Holding [something]","placeholders":["potato"]},
    {"id":42326,"label":"putting cup on table","template":"Putting [something] on [something]"}])");
  write("78687.webm", "");
  options_.classes = "labels.json";
  options_.train = "train.json";
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"Holding something", "Putting something on something"}));
  EXPECT_EQ(labels_of(dataset.train), (Labels{{0}, {1}}));
  EXPECT_EQ(dataset.train[0].path, folder_ / "78687.webm");
  EXPECT_EQ(dataset.train[1].name, "42326");
  write("train.json", "[\n{\"id\": \"1\"},\n{\"id\" \"2\"}]");
  EXPECT_THAT(short_error(), HasSubstr("train.json:3: error: is not JSON here"));
  write("train.json", "[{\"id\": \"1\"}, 5]");
  EXPECT_THAT(short_error(), AllOf(HasSubstr("train.json[1]: error: has no id"), HasSubstr("train.json[0]")));
}

}  // namespace
}  // namespace actionflow
