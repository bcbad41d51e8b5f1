// What a folder is found to be, where nothing but data.root is named.
#include "datasets/lists/layout.h"

#include <gmock/gmock.h>

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
  EXPECT_THAT(told(),
              HasSubstr("root: a folder a class; 2 classes, 16 videos to train on, 4 to validate drawn "
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

}  // namespace
}  // namespace actionflow
