// What torch.save() writes, read: pickles that are refused, tensors that leave their storages, damaged files.
// Instructions are those of Python's Lib/pickletools.py.
#include "models/formats/torch/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "models/formats/torch/torch_writer.h"
#include "models/formats/zip/zip_writer.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"
#include "tests/tools/damaged_bytes.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string read_whole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The pickle in an archive with one storage of `storage` bytes, called 0.
std::string archive(const std::string& pickle, std::size_t storage = 24) {
  const ScratchFolder scratch;
  const std::string bytes(storage, '\0');
  write_zip({{"a/data.pkl", pickle}, {"a/data/0", bytes}, {"a/version", "3\n"}}, scratch.path() / "a.pth");
  return read_whole(scratch.path() / "a.pth");
}

std::string refusal(const std::string& bytes) {
  try {
    torch::read_state_dict(bytes, "w.pth");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

std::string u32(std::uint32_t value) { return {reinterpret_cast<const char*>(&value), 4}; }
std::string text(const std::string& value) {
  return "X" + u32(static_cast<std::uint32_t>(value.size())) + value;
}
std::string number(std::int32_t value) { return "J" + u32(static_cast<std::uint32_t>(value)); }
std::string numbers(const std::vector<std::int32_t>& values) {
  std::string list = "(";
  for (const std::int32_t value : values) list += number(value);
  return list + "t";
}
std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

struct View {
  std::int32_t elements = 6, offset = 0;
  std::vector<std::int32_t> shape{2, 3}, strides{3, 1};
  std::string type = "FloatStorage";
};

std::string tensor(const View& view) {
  const std::string storage = "(" + text("storage") + global("torch", view.type) + text("0") + text("cpu") +
                              number(view.elements) + "tQ";
  return global("torch._utils", "_rebuild_tensor_v2") + "(" + storage + number(view.offset) +
         numbers(view.shape) + numbers(view.strides) + "\x89" + global("collections", "OrderedDict") + ")RtR";
}

std::string dict(const std::string& items) { return "\x80\x02}(" + items + "u."; }
std::string one_tensor(const View& view) { return archive(dict(text("w") + tensor(view))); }

TEST(TorchFile, TellsWhereTensorsLie) {
  const std::string bytes = one_tensor({.offset = 1, .shape = {2, 2}, .strides = {1, 3}});
  const std::vector<StoredTensor> tensors = torch::read_state_dict(bytes, "w.pth");
  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors[0].name, "w");
  EXPECT_THAT(tensors[0].shape, ElementsAre(2, 2));
  EXPECT_THAT(tensors[0].strides, ElementsAre(1, 3));
  EXPECT_GE(tensors[0].data, bytes.data());
  EXPECT_LT(tensors[0].data, bytes.data() + bytes.size());
}

TEST(TorchFile, RunsNothing) {
  EXPECT_THAT(refusal(archive("\x80\x02" + global("os", "system") + "(" + text("true") + "tR.")),
              AllOf(HasSubstr("w.pth"), HasSubstr("'os.system' would have to be run")));
  EXPECT_THAT(refusal(archive("\x80\x02" + global("torch._utils", "_rebuild_qtensor") + ".")),
              HasSubstr("'torch._utils._rebuild_qtensor'"));
  EXPECT_THAT(refusal(archive("\x80\x02" + global("numpy.core.multiarray", "scalar") + ".")),
              HasSubstr("torch.save(model.state_dict()"));
  EXPECT_THAT(refusal(archive("\x80\x02)\x81.")), HasSubstr("NEWOBJ (0x81)"));
  EXPECT_THAT(refusal(archive("\x80\x02(i.")), HasSubstr("INST (0x69)"));
  const std::string system = "\x80\x04\x8c\x02os\x8c\x06system\x93";
  EXPECT_THAT(refusal(archive(system + ")R.")), HasSubstr("'os.system' would have to be run"));
  EXPECT_THAT(refusal(archive("\x80\x02\x82\x01.")), HasSubstr("EXT1"));
  EXPECT_THAT(refusal(archive("\x80\x02\xff.")), HasSubstr("0xff"));
  EXPECT_THAT(refusal(archive("\x80\x06}.")), HasSubstr("protocol 6"));
}

TEST(TorchFile, ChecksWhatProtocolsFourAndFiveSay) {
  using namespace std::string_literals;
  EXPECT_THAT(refusal(archive("\x80\x04\x93.")), HasSubstr("takes a value that is not there"));
  EXPECT_THAT(refusal(archive("\x80\x04K\x01K\x02\x93.")), HasSubstr("a global whose name is no string"));
  EXPECT_THAT(refusal(archive("\x80\x04\x95\xff\0\0\0\0\0\0\0}."s)), HasSubstr("ends too early"));
  EXPECT_THAT(refusal(archive("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff}."s)),
              HasSubstr("ends too early"));
  EXPECT_THAT(refusal(archive("\x80\x04\x94.")), HasSubstr("takes a value that is not there"));
}

// What is known is no function to be called with anything.
TEST(TorchFile, CallsOnlyAsPyTorchDoes) {
  const std::string size = global("torch", "Size");
  EXPECT_THAT(refusal(archive("\x80\x02" + size + ")R.")), HasSubstr("'torch.Size'"));
  EXPECT_THAT(refusal(archive("\x80\x02" + global("torch", "FloatStorage") + ")R.")),
              HasSubstr("FloatStorage"));
  EXPECT_THAT(refusal(archive("\x80\x02" + global("torch._utils", "_rebuild_tensor_v2") + ")R.")),
              HasSubstr("made otherwise than PyTorch's"));
  EXPECT_THAT(refusal(archive("\x80\x02" + number(1) + ")R.")), HasSubstr("no function"));
  EXPECT_THAT(refusal(archive("\x80\x02" + number(1) + "Q.")), HasSubstr("persistent id"));
  EXPECT_THAT(refusal(archive("\x80\x02" + number(1) + "}b.")), HasSubstr("no dict"));
}

TEST(TorchFile, DamagedPicklesSayAtWhichByte) {
  EXPECT_THAT(refusal(archive("")), HasSubstr("ends too early"));
  EXPECT_THAT(refusal(archive("\x80\x02")), HasSubstr("ends too early"));
  EXPECT_THAT(refusal(archive("\x80\x02X\xff\xff\xff\xff"
                              "a.")),
              HasSubstr("ends too early"));
  EXPECT_THAT(refusal(archive("\x80\x02.")), HasSubstr("takes a value that is not there"));
  EXPECT_THAT(refusal(archive("\x80\x02t.")), HasSubstr("a mark that is not there"));
  EXPECT_THAT(refusal(archive("\x80\x02N(\x85.")), HasSubstr("byte 5"));
  EXPECT_THAT(refusal(archive("\x80\x02h\x07.")), HasSubstr("takes value 7"));
  EXPECT_THAT(refusal(archive("\x80\x02(NNu.")), HasSubstr("takes a value"));
  EXPECT_THAT(refusal(archive("\x80\x02](NNu.")), HasSubstr("no dict"));
  EXPECT_THAT(refusal(archive("\x80\x02}Na.")), HasSubstr("no list"));
  EXPECT_THAT(refusal(archive("\x80\x02" + std::string(1'000'000, '}') + ".")),
              HasSubstr("more lists and dicts"));
}

TEST(TorchFile, TensorsStayWithinTheirStorages) {
  EXPECT_EQ(refusal(one_tensor({})), "no error");
  EXPECT_EQ(refusal(one_tensor({.shape = {0, 9}, .strides = {9, 1}})), "no error");
  EXPECT_EQ(refusal(one_tensor({.shape = {100}, .strides = {0}})), "no error");
  EXPECT_THAT(refusal(one_tensor({.offset = 1})),
              HasSubstr("tensor 'w' (2×3) leaves its storage of 6 elements"));
  EXPECT_THAT(refusal(one_tensor({.offset = -1})), HasSubstr("leaves its storage"));
  EXPECT_THAT(refusal(one_tensor({.shape = {7}, .strides = {1}})), HasSubstr("leaves its storage"));
  EXPECT_THAT(refusal(one_tensor({.shape = {2}, .strides = {-1}})), HasSubstr("leaves its storage"));
  EXPECT_THAT(refusal(one_tensor({.shape = {-2}, .strides = {1}})), HasSubstr("leaves its storage"));
  const std::vector<std::int32_t> large(64, 0x7fffffff);
  EXPECT_THAT(refusal(one_tensor({.shape = large, .strides = large})), HasSubstr("leaves its storage"));
  EXPECT_THAT(refusal(one_tensor(
                  {.shape = std::vector<std::int32_t>(65, 1), .strides = std::vector<std::int32_t>(65, 1)})),
              HasSubstr("65 elements, expected at most 64"));
  EXPECT_THAT(refusal(one_tensor({.shape = {2}, .strides = {}})), HasSubstr("more extents than strides"));
  EXPECT_THAT(refusal(one_tensor({.elements = 7})),
              HasSubstr("holds 24 bytes, too few for 7 elements of float32"));
  EXPECT_THAT(refusal(one_tensor({.type = "DoubleStorage"})), HasSubstr("too few for 6 elements of float64"));
  EXPECT_THAT(refusal(one_tensor({.type = "ComplexFloatStorage"})), HasSubstr("'torch.ComplexFloatStorage'"));
}

TEST(TorchFile, TheStateDictIsFoundUnderTheUsualKeys) {
  const std::string inner = "}(" + text("w") + tensor({}) + "u";
  const auto name_in = [](const std::string& pickle) {
    return torch::read_state_dict(archive(pickle), "w").at(0).name;
  };
  for (const char* key : {"state_dict", "model_state", "model_state_dict", "model", "module"})
    EXPECT_EQ(name_in(dict(text(key) + inner + text("epoch") + number(3))), "w") << key;
  EXPECT_EQ(name_in(dict(text("best") + tensor({}) + text("model") + inner)), "w");
  EXPECT_EQ(name_in(dict(text("model") + "}(" + text("state_dict") + inner + "u")), "w");
  EXPECT_THAT(refusal(archive(dict(text("weights_a") + inner + text("epoch") + number(3)))),
              HasSubstr("holds no state dict, only 'weights_a', 'epoch'"));
  EXPECT_THAT(refusal(archive("\x80\x02].")), HasSubstr("holds no state dict; in Python"));
  EXPECT_THAT(refusal(archive(dict(text("w") + tensor({}) + text("w") + tensor({})))),
              HasSubstr("'w' stands twice"));
}

TEST(TorchFile, OtherArchivesSayWhatTheyAre) {
  const ScratchFolder scratch;
  const auto with = [&](const std::vector<ZipEntry>& entries) {
    write_zip(entries, scratch.path() / "a.pth");
    return refusal(read_whole(scratch.path() / "a.pth"));
  };
  EXPECT_THAT(with({{"config.json", "{}"}}), HasSubstr("without 'data.pkl'"));
  EXPECT_THAT(with({{"a/data.pkl", "\x80\x02}."}, {"a/constants.pkl", ""}}), HasSubstr("TorchScript"));
  EXPECT_THAT(with({{"a/data.pkl", "\x80\x02}."}, {"a/byteorder", "big"}}), HasSubstr("byte order is 'big'"));
  EXPECT_THAT(refusal("\x80\x02}."), HasSubstr("torch.save() did not write"));
}

// ---- damage ----

// Every byte of every tensor is read, so that a sanitizer sees a view that leaves the file.
bool reads(const std::string& bytes) {
  try {
    for (const StoredTensor& tensor : torch::read_state_dict(bytes, "w")) {
      if (element_count(tensor.shape) < 100'000) read_values(tensor);
    }
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

TEST(TorchFile, NoticesEveryCut) {
  for (const char* name : {"torch/flattened/weights.pth", "torch/older/weights.pth"}) {
    const std::string good = read_whole(golden(name));
    ASSERT_TRUE(reads(good));
    for (std::size_t size = 0; size < good.size(); size += 13)
      EXPECT_FALSE(reads(good.substr(0, size))) << name << " " << size;
  }
}

// What the fuzzer (tests/fuzz) found worth keeping: each takes another way through the reader.
TEST(TorchFile, StandsWhatTheFuzzerFound) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(project_root() / "tests/fuzz/corpus/torch_file")) {
    reads(read_whole(entry.path()));
    ++files;
  }
  EXPECT_GT(files, 50);
}

class TorchFileMutations : public ::testing::TestWithParam<const char*> {};

TEST_P(TorchFileMutations, AreAnErrorOrAFileThatCanBeReadWhole) {
  DamagedBytes damaged(read_whole(golden(GetParam())));
  int read = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string bad = damaged.next();
    read += reads(bad) ? 1 : 0;
  }
  EXPECT_GT(read, 40);
  EXPECT_LT(read, 1960);
}

INSTANTIATE_TEST_SUITE_P(All, TorchFileMutations,
                         ::testing::Values("torch/flattened/weights.pth", "torch/older/weights.pth",
                                           "torch/views/weights.pth", "torch/lightning/weights.pth"));

}  // namespace
}  // namespace actionflow::testing
