// docs/own_networks.md, page by page: its files written, its commands run as they stand, on random weights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "models/formats/weight_files.h"
#include "models/weights/initial_weights.h"
#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {
namespace {

std::string contents_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A fenced block of a page.
struct PageBlock {
  std::string language;
  std::vector<std::string> lines;
};

std::vector<PageBlock> blocks_of(const std::string& heading) {
  std::istringstream text(contents_of(project_root() / "docs/own_networks.md"));
  std::vector<PageBlock> blocks;
  std::string line;
  bool here = false, inside = false;
  while (std::getline(text, line)) {
    if (line.starts_with("## ")) here = line == "## " + heading;
    if (!here) continue;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

class OwnNetworks : public ::testing::Test {
 protected:
  OwnNetworks() {
    std::filesystem::create_directory_symlink(project_root() / "configs", folder_ / "configs");
    write_test_video(folder_ / "clip.mp4", {.frames = 50});
    run("actionflow generate videos --clips 42");
  }

  static Model random_model(const std::string& name) {
    Architecture architecture = load_architecture(project_root() / "configs/models" / (name + ".yaml"));
    Weights weights = initial_weights(architecture, 1);
    return {std::move(architecture), std::move(weights)};
  }

  void run(const std::string& line) {
    ASSERT_TRUE(line.starts_with("actionflow ")) << line;
    const std::string command = "cd '" + std::string(folder_ / "") + "' && '" + ACTIONFLOW_PROGRAM + "'" +
                                line.substr(std::string("actionflow").size());
    ChildProcess child({"sh", "-c", command}, folder_ / "stderr.txt");
    out_ = child.read_all(300);
    EXPECT_EQ(child.wait(), 0) << line << "\n" << contents_of(folder_ / "stderr.txt");
  }

  // What trains does so once over, on small clips where `small` says how.
  void run_page(const std::string& heading, const std::string& small = {}) {
    const std::vector<PageBlock> blocks = blocks_of(heading);
    ASSERT_FALSE(blocks.empty()) << heading;
    for (const PageBlock& block : blocks) {
      if (block.language == "yaml") {
        std::ofstream file(folder_ / block.lines.front().substr(2));
        for (const std::string& line : block.lines) file << line << "\n";
        continue;
      }
      for (const std::string& line : block.lines)
        run(line.starts_with("actionflow train") ? line + " epochs=1 batch=4 " + small : line);
    }
  }

  TemporaryFolder folder_;
  std::string out_;
};

TEST_F(OwnNetworks, FromTorchvision) {
  save_model(random_model("r3d_18"), folder_ / "r3d_18-b3b3357e.pth");
  run_page("I have torchvision's r3d_18",
           "network.input.frames=4 network.input.height=32 network.input.width=32");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "own.pth"));
}

TEST_F(OwnNetworks, FromHuggingFace) {
  save_model(random_model("videomae_s"), folder_ / "ours.safetensors");
  convert_weights(folder_ / "ours.safetensors", folder_ / "model.safetensors",
                  {.name_map = project_root() / "configs/names/videomae.yaml"});
  run_page("I have a Hugging Face VideoMAE",
           "network.input.frames=4 network.input.height=32 network.input.width=32");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "own_videomae.onnx"));
}

TEST_F(OwnNetworks, FromKeras) {
  // Keras' files are written by a program that may be started anew, which this one may not.
  save_model(random_model("robust_3d"), folder_ / "ours.safetensors");
  std::filesystem::create_directory(folder_ / "theirs");
  run("actionflow convert ours.safetensors theirs/hands.keras");
  std::filesystem::rename(folder_ / "theirs/hands.keras", folder_ / "hands.keras");
  run_page("I have a Keras model");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "own_hands.keras"));
}

TEST_F(OwnNetworks, FromOnnx) {
  std::filesystem::copy(golden("onnx_networks/residual/network.onnx"), folder_ / "network.onnx");
  run_page("I have an ONNX file");
  EXPECT_THAT(contents_of(folder_ / "own_network.onnx"), ::testing::HasSubstr("actionflow"));
}

// The 3D network with kernels of one step stands for the 2D one: its tensors are called as torchvision's.
TEST_F(OwnNetworks, FromPictures) {
  std::string yaml = contents_of(project_root() / "configs/models/r3d_18.yaml");
  for (const auto& [whole, flat] :
       {std::pair<std::string, std::string>{"kernel: 3, stride", "kernel: [1, 3, 3], stride"},
        {"stride: 1, padding: 1}", "stride: 1, padding: [0, 1, 1]}"},
        {"kernel: [3, 7, 7]", "kernel: [1, 7, 7]"},
        {"padding: [1, 3, 3]", "padding: [0, 3, 3]"},
        {"classes: 400", "classes: 1000"}}) {
    const std::size_t at = yaml.find(whole);
    ASSERT_NE(at, std::string::npos) << whole;
    yaml.replace(at, whole.size(), flat);
  }
  Architecture flat = parse_architecture(yaml, "resnet18");
  Weights weights = initial_weights(flat, 1);
  save_model({std::move(flat), std::move(weights)}, folder_ / "flat.safetensors");
  convert_weights(folder_ / "flat.safetensors", folder_ / "resnet18.pth",
                  {.name_map = project_root() / "configs/names/resnet_to_r3d_18.yaml"});
  std::ofstream(folder_ / "head.yaml") << [] {
    std::string text;
    for (const PageBlock& block : blocks_of("I have torchvision's r3d_18"))
      if (block.lines.front() == "# head.yaml")
        for (const std::string& line : block.lines) text += line + "\n";
    return text;
  }();
  run_page("I have a 2D ImageNet network",
           "network.input.frames=4 network.input.height=32 network.input.width=32");
}

}  // namespace
}  // namespace actionflow::testing
