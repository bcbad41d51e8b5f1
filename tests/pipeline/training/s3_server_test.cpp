// A real S3 server gives what files give: ranges, lists of folders, and signatures that it checks by its own
// code.
#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

#include "base/remote/local_copy.h"
#include "tests/pipeline/training/training_bench.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/s3_server.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kKey = "AKIDFORTESTS";
constexpr const char* kSecret = "a secret/with+signs=";

class RealS3 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = S3Server::missing(); !missing.empty()) GTEST_SKIP() << missing;
    server_.emplace(kKey, kSecret);
    server_->start();
    endpoint_.emplace("AWS_ENDPOINT_URL", server_->address());
    server_->make_bucket("films");
  }

  // "folders/train/left/clip 0 (é+&).mp4", here and there.
  void lay(const std::string& split, int first, int last) {
    for (int i = first; i < last; ++i) {
      const std::string of_class = split + (i % 2 == 0 ? "/left/" : "/right/"), number = std::to_string(i);
      const fs::path file = bench_ / ("folders/" + of_class + "clip " + number + " (é+&).mp4");
      fs::create_directories(file.parent_path());
      fs::copy_file(bench_ / ("data/v" + number + ".mp4"), file);
      server_->put(file, "films/folders/" + of_class + "clip%20" + number + "%20%28%C3%A9%2B%26%29.mp4");
    }
  }

  TrainingBench::Ended train(const std::string& root, const std::string& output,
                             const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{
        "data.root=" + root, "data.classes=", "data.train=",      "data.val=",
        "data.test=",        "epochs=2",      "data.val_share=0", "output=" + (bench_ / output).string()};
    words.insert(words.end(), more.begin(), more.end());
    return bench_.train(words);
  }

  TrainingBench bench_;
  std::optional<S3Server> server_;
  std::optional<EnvironmentVariable> endpoint_;
  const EnvironmentVariable key_{"AWS_ACCESS_KEY_ID", kKey};
  const EnvironmentVariable secret_{"AWS_SECRET_ACCESS_KEY", kSecret};
  const TemporaryFolder cache_;
  const EnvironmentVariable copies_{"ACTIONFLOW_CACHE", cache_.path().string()};
};

TEST_F(RealS3, FoldersInABucketTrainAsThoseOnTheDisk) {
  lay("train", 0, 12);
  lay("val", 12, 16);
  lay("test", 16, 18);
  const auto here = train((bench_ / "folders").string(), "here");
  ASSERT_EQ(here.code, 0) << here.err;
  for (const char* copies : {"false", "true"}) {
    const std::string output = std::string("there") + copies;
    const auto there = train("s3://films/folders", output, {std::string("data.cache.copies=") + copies});
    ASSERT_EQ(there.code, 0) << there.err;
    EXPECT_EQ(bench_.metrics(output), bench_.metrics("here"));
    EXPECT_THAT(there.err, HasSubstr("folders for its splits"));
  }
  const EnvironmentVariable wrong("AWS_SECRET_ACCESS_KEY", "another");
  const auto refused = train("s3://films/folders", "refused");
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("403"));
  EXPECT_THAT(refused.err, HasSubstr("check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION"));
}

TEST_F(RealS3, AFileOfManyBlocksComesAsItIs) {
  std::string bytes(9'000'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i >> 7);
  bench_.write("weights.bin", bytes);
  server_->put(bench_ / "weights.bin", "films/runs/weights.bin");
  EXPECT_TRUE(text_of(local_copy("s3://films/runs/weights.bin")) == bytes);
}

}  // namespace
}  // namespace actionflow::testing
