// Data on a server, and in archives there, trains the network that local files train.
#include <gmock/gmock.h>

#include "tests/pipeline/training/training_bench.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/object_server.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RemoteTraining : public ::testing::Test {
 protected:
  RemoteTraining() { server_.want_signature("AKIDFORTESTS", "the secret"); }

  void upload(const std::string& name) { server_.put("/films/" + name, text_of(bench_ / ("data/" + name))); }

  // Lines of metrics.
  std::string trained(const std::string& output, std::vector<std::string> words) const {
    words.insert(words.end(), {"epochs=2", "output=" + (bench_ / output).string()});
    const auto ended = bench_.train(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.err, Not(HasSubstr("the secret")));
    return bench_.metrics(output);
  }

  TrainingBench bench_;
  ObjectServer server_;
  const TemporaryFolder cache_;
  const EnvironmentVariable endpoint_{"AWS_ENDPOINT_URL", server_.address()};
  const EnvironmentVariable key_{"AWS_ACCESS_KEY_ID", "AKIDFORTESTS"};
  const EnvironmentVariable secret_{"AWS_SECRET_ACCESS_KEY", "the secret"};
  const EnvironmentVariable copies_{"ACTIONFLOW_CACHE", cache_.path().string()};
};

TEST_F(RemoteTraining, OnFilesInABucketIsThatOnLocalFiles) {
  for (const char* list : {"classes.txt", "train.txt", "val.txt", "test.txt"}) upload(list);
  for (int i = 0; i < 18; ++i) upload("v" + std::to_string(i) + ".mp4");
  const std::string here = trained("here", {});
  server_.fail({{}, {}, {.status = "503 Slow Down"}, {}, {.cut_after = 500}});
  const std::vector<std::string> there{"data.root=s3://films", "data.classes=s3://films/classes.txt",
                                       "data.train=s3://films/train.txt", "data.val=s3://films/val.txt",
                                       "data.test=s3://films/test.txt"};
  EXPECT_EQ(trained("there", there), here);
  server_.put("/runs/best.safetensors", text_of(bench_ / "there/best.safetensors"));
  const std::vector<std::string> evaluate{ACTIONFLOW_PROGRAM, "evaluate", "--json", bench_ / "recipe.yaml",
                                          "--weights"};
  const auto evaluated = [&](const std::string& weights, const std::vector<std::string>& changes) {
    std::vector<std::string> words = evaluate;
    words.push_back(weights);
    words.insert(words.end(), changes.begin(), changes.end());
    const auto ended = bench_.run(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  };
  const std::string own = evaluated(bench_ / "here/best.safetensors", {});
  EXPECT_EQ(evaluated("s3://runs/best.safetensors", there), own);
  EXPECT_THAT(own, HasSubstr("\"clips\":2"));
}

TEST_F(RemoteTraining, OnShardsIsThatOnFiles) {
  const std::string here = trained("here", {});
  for (int i = 0; i < 16; ++i)
    bench_.write("data/v" + std::to_string(i) + ".cls", i % 2 == 0 ? "left" : "right");
  const std::string pack = "cd " + (bench_ / "data").string() +
                           " && members() { for i in $(seq $1 $2); do echo v$i.mp4 v$i.cls; done; }"
                           " && tar -cf train-0.tar $(members 0 6) && tar -cf train-1.tar $(members 7 11) && "
                           "tar -cf val.tar $(members 12 15)";
  ASSERT_EQ(std::system(pack.c_str()), 0);
  EXPECT_EQ(trained("local", {"data.train=train-{0..1}.tar", "data.val=val.tar"}), here);
  for (const char* shard : {"train-0.tar", "train-1.tar", "val.tar"}) upload(shard);
  EXPECT_EQ(trained("there", {"data.train=s3://films/train-{0..1}.tar", "data.val=s3://films/val.tar"}),
            here);
}

}  // namespace
}  // namespace actionflow::testing
