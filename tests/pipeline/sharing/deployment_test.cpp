// configs/cluster/cameras.yaml, as far as it can be checked without a cluster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config/config.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

TEST(CameraDeployment, StartsThePipelineWhoseCamerasAreShared) {
  const config::Value deployment = config::load(project_root() / "configs/cluster/cameras.yaml");
  const config::Value* pod = &deployment;
  for (const char* key : {"spec", "template", "spec", "containers"}) {
    pod = pod->find(key);
    ASSERT_NE(pod, nullptr) << key;
  }
  const config::Value& container = pod->items().front();
  std::vector<std::string> words{ACTIONFLOW_PROGRAM};
  for (const config::Value& word : container.find("args")->items())
    words.push_back(word.text() == "/config/pipeline.yaml"
                        ? (project_root() / "configs/pipelines/shared_cameras.yaml").string()
                        : word.text());
  words.emplace_back("--print-config");
  const TemporaryFolder folder;
  ChildProcess program(words, folder / "err.txt");
  const std::string printed = program.read_all(60);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(printed, HasSubstr("group: site/cameras"));
}

}  // namespace
}  // namespace actionflow::testing
