// What a folder is found to be, where nothing but data.root is named.
#include "datasets/lists/reading/layout.h"

#include <gmock/gmock.h>

#include <tuple>

#include "tests/datasets/lists/dataset_fixture.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Names;
using testing::names_of;
using ::testing::SizeIs;

class Layout : public testing::DatasetTest {
 protected:
  Layout() {
    options_.root = folder_ / "root";
    options_.val_share = 0.2;
  }
  void put(const std::string& name, const std::string& text = "") { write("root/" + name, text); }
  void put_classes(const std::string& folder, int videos) {
    for (const char* label : {"clap", "wave"}) {
      for (int i = 0; i < videos; ++i) put(folder + label + "/" + std::to_string(i) + ".mp4");
    }
  }
  std::string told() const { return logged_.empty() ? "" : logged_.back(); }
};

TEST_F(Layout, AFolderAClassGivesAFifthToVal) {
  put_classes("", 10);
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"clap", "wave"}));
  EXPECT_THAT(dataset.train, SizeIs(16));
  EXPECT_THAT(dataset.val, SizeIs(4));
  EXPECT_THAT(
      told(),
      HasSubstr("root: a folder a class; 2 classes (clap, wave), 16 videos to train on, 4 to validate drawn "
                "from train (data.val_share=0.2), 0 to test"));
}

TEST_F(Layout, AnArchivesOuterFoldersAreLookedThrough) {
  put_classes("unpacked/videos/", 5);
  EXPECT_EQ(read().classes, (Names{"clap", "wave"}));
}

TEST_F(Layout, FoldersOfGroupsInAClassAreLookedThroughAndFoldersOfFramesAreVideos) {
  for (const char* label : {"clap", "wave"}) {
    for (int i = 0; i < 5; ++i) put(std::string(label) + "/group" + std::to_string(i) + "/clip.mp4");
    put(std::string(label) + "/frames/0001.jpg");
    put(std::string(label) + "/Thumbs.db");
  }
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"clap", "wave"}));
  EXPECT_THAT(dataset.train, SizeIs(10));
  EXPECT_THAT(dataset.val, SizeIs(2));
}

TEST_F(Layout, FoldersForItsSplits) {
  put_classes("train/", 3);
  put_classes("validation/", 1);
  put_classes("test/", 2);
  const Dataset dataset = read();
  EXPECT_THAT(dataset.train, SizeIs(6));
  EXPECT_THAT(dataset.val, SizeIs(2));
  EXPECT_THAT(dataset.test, SizeIs(4));
  EXPECT_THAT(dataset.warnings, IsEmpty());
  EXPECT_THAT(told(), HasSubstr("folders for its splits"));
}

TEST_F(Layout, FoldersForItsSplitsByOtherNames) {
  for (const auto& [train, test] : std::initializer_list<std::pair<std::string, std::string>>{
           {"trainval", "test"}, {"train_val", "test"}, {"trainset", "testset"}}) {
    SCOPED_TRACE(train);
    std::filesystem::remove_all(folder_ / "root");
    put_classes(train + "/", 5);
    put_classes(test + "/", 2);
    options_ = {};
    options_.root = folder_ / "root";
    options_.val_share = 0.2;
    const Dataset dataset = read();
    EXPECT_EQ(dataset.classes, (Names{"clap", "wave"}));
    EXPECT_THAT(dataset.train, SizeIs(8));
    EXPECT_THAT(dataset.val, SizeIs(2));
    EXPECT_THAT(dataset.test, SizeIs(4));
  }
}

TEST_F(Layout, FoldersForItsSplitsWithinTheClasses) {
  for (const char* label : {"clap/", "wave/"}) {
    for (const auto& [split, videos] : {std::pair("train", 3), std::pair("val", 1), std::pair("Test", 2)})
      for (int i = 0; i < videos; ++i) put(label + std::string(split) + "/" + std::to_string(i) + ".mp4");
  }
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"clap", "wave"}));
  EXPECT_THAT(dataset.train, SizeIs(6));
  EXPECT_THAT(dataset.val, SizeIs(2));
  EXPECT_THAT(dataset.test, SizeIs(4));
  EXPECT_THAT(told(), HasSubstr("a folder a class, in each folders for its splits"));
}

TEST_F(Layout, WhatStandsBesideTheSplitsOfAClassIsTrainedOn) {
  for (const char* label : {"clap/", "wave/"}) {
    for (const char* name : {"train/a.mp4", "test/b.mp4", "loose.mp4"}) put(label + std::string(name));
  }
  options_.val_share = 0;
  const Dataset dataset = read();
  EXPECT_THAT(dataset.train, SizeIs(4));
  EXPECT_THAT(dataset.test, SizeIs(2));
}

TEST_F(Layout, APersonCalledTestIsAPerson) {
  for (const char* label : {"clap/", "wave/"}) {
    for (const char* name : {"ann/a.mp4", "ben/b.mp4", "test/c.mp4"}) put(label + std::string(name));
  }
  options_.val_share = 0;
  EXPECT_THAT(read().train, SizeIs(6));
}

TEST_F(Layout, AWordThatNamesNoSplitIsAnErrorWithItsLine) {
  put("all.csv", "video,label,split\na.mp4,no,train\nb.mp4,yes,train\nc.mp4,no,dev\nd.mp4,no,eval\n");
  EXPECT_THAT(short_error(), HasSubstr("all.csv:5: error: the split is 'eval', expected train, val or test"));
  put("all.csv", "video,label,split\na.mp4,no,train\nb.mp4,yes,train\nc.mp4,no,dev\n");
  EXPECT_EQ(names_of(read().val), (Names{"c.mp4"}));
}

TEST_F(Layout, AClassCalledTrainIsAClass) {
  for (const char* label : {"bus/", "train/"}) {
    for (int i = 0; i < 5; ++i) put(label + std::to_string(i) + ".mp4");
  }
  EXPECT_EQ(read().classes, (Names{"bus", "train"}));
}

TEST_F(Layout, VideosInAFolderBesideTheLists) {
  put("train.txt", "a.mp4 no\nb.mp4 yes\n");
  put("test.txt", "c.mp4 yes\n");
  options_.val_share = 0;
  for (const char* name : {"a", "b", "c"}) put("movies/" + std::string(name) + ".mp4");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.train.front().path, folder_ / "root/movies/a.mp4");
  EXPECT_EQ(dataset.test.front().path, folder_ / "root/movies/c.mp4");
}

TEST_F(Layout, ATableWithAColumnForTheSplit) {
  for (const char* column : {"split", "Subset"}) {
    SCOPED_TRACE(column);
    put("all.csv",
        std::string("video,label,") + column + "\na.mp4,no,train\nb.mp4,yes,train\nc.mp4,no,test\n");
    options_.val_share = 0;
    const Dataset dataset = read();
    EXPECT_EQ(names_of(dataset.train), (Names{"a.mp4", "b.mp4"}));
    EXPECT_EQ(names_of(dataset.test), (Names{"c.mp4"}));
  }
}

TEST_F(Layout, Hmdb51AsItIsUnpacked) {
  for (const char* label : {"clap", "wave"}) {
    std::string lines;
    for (int i = 0; i < 6; ++i) {
      const std::string name = "v" + std::to_string(i) + ".avi";
      put(std::string("hmdb51_org/") + label + "/" + name);
      lines += name + (i < 4 ? " 1\n" : " 2\n");
    }
    put(std::string("testTrainMulti_7030_splits/") + label + "_test_split1.txt", lines);
  }
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"clap", "wave"}));
  EXPECT_THAT(dataset.train.size() + dataset.val.size(), 8U);
  EXPECT_THAT(dataset.test, SizeIs(4));
  EXPECT_TRUE(std::filesystem::exists(dataset.test.front().path)) << dataset.test.front().path;
  EXPECT_THAT(told(), HasSubstr("HMDB51, split 1"));
}

TEST_F(Layout, ListsByTheirNames) {
  put("my_train_list.txt", "a.mp4 0\nb.mp4 1\n");
  put("my_val_list.txt", "c.mp4 1\n");
  put("classes.txt", "no\nyes\n");
  const Dataset dataset = read();
  EXPECT_EQ(names_of(dataset.train), (Names{"a.mp4", "b.mp4"}));
  EXPECT_EQ(names_of(dataset.val), (Names{"c.mp4"}));
  EXPECT_EQ(dataset.classes, (Names{"no", "yes"}));
  EXPECT_THAT(told(), HasSubstr("the lists my_train_list.txt, my_val_list.txt"));
  put("other_train_list.txt", "a.mp4 0\nb.mp4 1\n");
  EXPECT_THROW(read(), UsageError);
  put("train.txt", "d.mp4 0\ne.mp4 1\n");
  EXPECT_EQ(names_of(read().train), (Names{"d.mp4", "e.mp4"}));
}

TEST_F(Layout, KineticsWithItsAnnotations) {
  put("annotations/train.csv",
      "label,youtube_id,time_start,time_end,split\nzumba,a,5,15,train\nrun,b,0,10,train\n");
  put("annotations/val.csv", "label,youtube_id,time_start,time_end,split\nzumba,c,1,11,val\n");
  put("train/a_000005_000015.mp4");
  put("train/run/b_000000_000010.mp4");
  put("val/c_000001_000011.mp4");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.train[0].path, folder_ / "root/train/a_000005_000015.mp4");
  EXPECT_EQ(dataset.train[1].path, folder_ / "root/train/run/b_000000_000010.mp4");
  EXPECT_EQ(dataset.val[0].path, folder_ / "root/val/c_000001_000011.mp4");
}

TEST_F(Layout, Ucf101KeepsItsGroupsTogether) {
  std::string train, test;
  for (int group = 1; group <= 9; ++group) {
    for (int clip = 1; clip <= 3; ++clip) {
      for (const char* label : {"Archery", "Biking"}) {
        const std::string name = std::string(label) + "/v_" + label + "_g0" + std::to_string(group) + "_c0" +
                                 std::to_string(clip) + ".avi";
        put("UCF-101/" + name);
        if (group < 3)
          test += name + "\n";
        else
          train += name + (*label == 'A' ? " 1\n" : " 2\n");
      }
    }
  }
  put("ucfTrainTestlist/classInd.txt", "1 Archery\n2 Biking\n");
  put("ucfTrainTestlist/trainlist01.txt", train);
  put("ucfTrainTestlist/testlist01.txt", test);
  const Dataset dataset = read();
  EXPECT_THAT(dataset.test, SizeIs(12));
  EXPECT_EQ(dataset.val.size() % 3, 0U);
  EXPECT_THAT(dataset.val, SizeIs(::testing::Gt(0U)));
  EXPECT_TRUE(std::filesystem::exists(dataset.train[0].path));
  EXPECT_THAT(told(), HasSubstr("UCF101, split 1"));
  std::filesystem::remove_all(folder_ / "root/ucfTrainTestlist");
  const Dataset folders = read();
  EXPECT_EQ(folders.val.size() % 3, 0U);
  EXPECT_EQ(folders.train.size() + folders.val.size(), 54U);
}

// What is validated on shares no group with what is trained on.
void expect_groups_apart(const Dataset& dataset) {
  ASSERT_THAT(dataset.val, ::testing::Not(IsEmpty()));
  for (const VideoEntry& held : dataset.val) {
    EXPECT_NE(held.group, "") << held.name;
    for (const VideoEntry& entry : dataset.train) EXPECT_NE(entry.group, held.group) << entry.name;
  }
}

TEST_F(Layout, AFlatFolderWhoseNamesSayClassAndGroup) {
  for (const auto& [first, second, known] :
       {std::tuple{"v_Clap_g0", "v_Wave Hand_g0", "UCF101's, v_CLASS_g01_c01"},
        {"v_clap_0", "v_wave_hand_0", "UCF11's, v_CLASS_01_01"}}) {
    for (const char* folder : {"root/", "root/unpacked/"}) {
      std::filesystem::remove_all(folder_ / "root");
      for (int group = 1; group <= 5; ++group) {
        for (const std::string name : {first, second}) {
          const char* clip = name.ends_with("_g0") ? "_c0" : "_0";
          for (const char* number : {"1", "2"})
            write(folder + name + std::to_string(group) + clip + number + ".mp4", "");
        }
      }
      write(folder + std::string("README.txt"), "of the archive");
      const Dataset dataset = read();
      EXPECT_EQ(dataset.classes.size(), 2U);
      EXPECT_EQ(dataset.train.size() + dataset.val.size(), 20U);
      EXPECT_TRUE(std::filesystem::exists(dataset.train[0].path)) << dataset.train[0].path;
      expect_groups_apart(dataset);
      EXPECT_THAT(told(), HasSubstr(std::string("videos named as ") + known + "; 2 classes"));
    }
  }
  EXPECT_EQ(read().classes, (Names{"clap", "wave_hand"}));
  write("root/unpacked/intro.mp4", "");
  EXPECT_THAT(error(),
              HasSubstr("intro.mp4: error: the name says no class, expected one as v_CLASS_01_01.mp4"));
}

TEST_F(Layout, FlatFoldersForItsSplits) {
  for (const char* name : {"person01_clap_d1", "person02_clap_d1", "person01_run_d2", "person02_run_d2"})
    put("train/" + std::string(name) + ".avi");
  put("test/person03_clap_d1.avi");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"clap", "run"}));
  EXPECT_EQ(names_of(dataset.test), (Names{"test/person03_clap_d1.avi"}));
  expect_groups_apart(dataset);
  EXPECT_THAT(told(), HasSubstr("folders for its splits, in each videos named as KTH's"));
}

TEST_F(Layout, AFlatFolderThatSaysNoClassIsToldWhatIsExpected) {
  put("a.mp4");
  put("b.mp4");
  EXPECT_THAT(short_error(), HasSubstr("root: error: holds videos and no folder a class, expected"));
}

TEST_F(Layout, Ucf11KeepsItsGroupsTogether) {
  for (const char* label : {"biking", "diving"}) {
    for (const char* group : {"_01", "_02", "_03"}) {
      const std::string name = std::string("v_") + label + group;
      for (const char* clip : {"_01", "_02"}) put(label + ("/" + name) + "/" + name + clip + ".mpg");
    }
    put(std::string(label) + "/Annotation/v_" + label + "_01_01.xgtf", "text");
  }
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"biking", "diving"}));
  EXPECT_EQ(dataset.train.size() + dataset.val.size(), 12U);
  expect_groups_apart(dataset);
}

TEST_F(Layout, Ucf101sListsMayHoldAValidationSplitAndGoWithoutNumbers) {
  for (const char* number : {"01", ""}) {
    for (const char* folder : {"", "ucfTrainTestlist/"}) {
      std::filesystem::remove_all(folder_ / "root");
      const auto list = [&](const char* split) {
        return std::string(folder) + split + "list" + number + ".txt";
      };
      put(std::string(folder) + "classInd.txt", "1 clap\n2 wave\n");
      put(list("train"), "clap/a.avi 1\nwave/b.avi 2\n");
      put(list("val"), "wave/c.avi\n");
      put(list("test"), "clap/d.avi\n");
      const Dataset dataset = read();
      EXPECT_EQ(testing::labels_of(dataset.train), (testing::Labels{{0}, {1}}));
      EXPECT_EQ(names_of(dataset.val), (Names{"wave/c.avi"}));
      EXPECT_EQ(names_of(dataset.test), (Names{"clap/d.avi"}));
      EXPECT_EQ(testing::labels_of(dataset.test), (testing::Labels{{0}}));
      EXPECT_THAT(told(), HasSubstr("(" + std::filesystem::path(list("train")).filename().string() + ", "));
    }
  }
}

TEST_F(Layout, Ucf101sListsSayTheClassByTheFolderWhereNothingElseDoes) {
  for (const char* numbers : {" 1", ""}) {
    put("trainlist.txt", std::string("clap/a.avi") + numbers + "\nwave/b.avi" + numbers + "\n");
    put("vallist.txt", "wave/c.avi\n");
    put("testlist.txt", "clap/d.avi\n");
    const Dataset dataset = read();
    EXPECT_EQ(dataset.classes, (Names{"clap", "wave"}));
    EXPECT_EQ(testing::labels_of(dataset.train), (testing::Labels{{0}, {1}}));
    EXPECT_EQ(testing::labels_of(dataset.val), (testing::Labels{{1}}));
    EXPECT_EQ(testing::labels_of(dataset.test), (testing::Labels{{0}}));
  }
}

TEST_F(Layout, ListsCalledAfterTheirSplitsWithoutUcf101sClasses) {
  put("trainlist.txt", "a.mp4 0\nb.mp4 1\n");
  put("vallist.txt", "c.mp4 1\n");
  put("testlist.txt", "d.mp4 0\n");
  const Dataset dataset = read();
  EXPECT_EQ(names_of(dataset.val), (Names{"c.mp4"}));
  EXPECT_EQ(names_of(dataset.test), (Names{"d.mp4"}));
  EXPECT_THAT(told(), HasSubstr("the lists trainlist.txt, vallist.txt, testlist.txt"));
}

// Kinetics' own tables; videos lie as tools that fetch them leave them.
TEST_F(Layout, KineticsTablesFindTheirVideosInFoldersNamedAfterSplits) {
  const std::string header = "label,youtube_id,time_start,time_end,split\n";
  const std::string train = "riding a bike,a,5,15,train\nrun,b,0,10,train\n", val = "run,c,1,11,validate\n";
  put("videos_train/riding_a_bike/a_000005_000015.mp4");
  put("videos_train/b_000000_000010.mp4");
  put("videos_val/run/c_000001_000011.mp4");
  const auto expect_found = [&] {
    const Dataset dataset = read();
    ASSERT_THAT(dataset.train, SizeIs(2));
    ASSERT_THAT(dataset.val, SizeIs(1));
    EXPECT_EQ(dataset.train[0].path, folder_ / "root/videos_train/riding_a_bike/a_000005_000015.mp4");
    EXPECT_EQ(dataset.train[1].path, folder_ / "root/videos_train/b_000000_000010.mp4");
    EXPECT_EQ(dataset.val[0].path, folder_ / "root/videos_val/run/c_000001_000011.mp4");
    EXPECT_THAT(dataset.test, IsEmpty());
  };
  put("annotations/kinetics-400_train.csv", header + train);
  put("annotations/validate.csv", header + val);
  put("annotations/test.csv", "youtube_id,time_start,time_end,split\nd,0,10,test\n");
  expect_found();
  EXPECT_THAT(told(), HasSubstr("the lists kinetics-400_train.csv, validate.csv; 2 classes"));
  std::filesystem::remove_all(folder_ / "root/annotations");
  put("annotations/kinetics400.csv", header + train + val);
  expect_found();
  EXPECT_THAT(told(), HasSubstr("the list kinetics400.csv with a split for each video; 2 classes"));
}

TEST_F(Layout, FoldersCalledAfterSplitsAmongOtherWords) {
  put_classes("videos_train/", 3);
  EXPECT_EQ(read().classes.size(), 2U);  // looked through, as an archive's outer folder
  put_classes("videos_val/", 1);
  const Dataset dataset = read();
  EXPECT_THAT(dataset.train, SizeIs(6));
  EXPECT_THAT(dataset.val, SizeIs(2));
  EXPECT_EQ(dataset.classes, (Names{"clap", "wave"}));
}

}  // namespace
}  // namespace actionflow
