// The safetensors container: https://github.com/huggingface/safetensors describes the format.
#include "models/formats/safetensors/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "tests/test_data.h"
#include "tests/tools/damaged_bytes.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

std::string with_length(const std::string& header, const std::string& data = "") {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string message(const std::string& bytes) {
  try {
    parse_safetensors(bytes, "w.safetensors");
  } catch (const ModelError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::model);
    return error.what();
  }
  return "no error";
}

std::string written(const SafetensorsContent& content) {
  std::string bytes;
  write_safetensors(content, [&](std::string_view part) { bytes += part; });
  return bytes;
}

std::string small_file() {
  const Tensor a({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}), b({5}, std::vector<float>{-1, 0, 1, 2, 3}),
      c(Shape{});
  return written({{{"actionflow.model", "name: x\nlayers: []\n"}, {"ünï", "\"quoted\"\n"}},
                  {{"conv.kernel", &a}, {"conv.bias", &b}, {"scalar", &c}}});
}

TEST(Safetensors, GivesBackWhatWasWritten) {
  const SafetensorsFile file = parse_safetensors(small_file(), "w");
  EXPECT_EQ(file.metadata.at("actionflow.model"), "name: x\nlayers: []\n");
  EXPECT_EQ(file.metadata.at("ünï"), "\"quoted\"\n");
  ASSERT_EQ(file.tensors.size(), 3U);
  EXPECT_EQ(file.tensors.at("conv.kernel").shape(), (Shape{2, 3}));
  EXPECT_EQ(file.tensors.at("conv.kernel")[5], 6);
  EXPECT_EQ(file.tensors.at("conv.bias")[0], -1);
  EXPECT_EQ(file.tensors.at("scalar").shape(), Shape{});
}

TEST(Safetensors, ReplacesAFileWhole) {
  const auto path = std::filesystem::temp_directory_path() / "actionflow_safetensors_test.safetensors";
  const Tensor a({2}, std::vector<float>{1, 2});
  write_safetensors({{}, {{"a", &a}, {"b", &a}}}, path);
  write_safetensors({{}, {{"a", &a}}}, path);
  EXPECT_EQ(read_safetensors(path).tensors.size(), 1U);
  std::filesystem::remove(path);
}

TEST(Safetensors, ReadsHalvesDoublesAndIntegersAsFloats) {
  // Values by hand: 1.5 = 0x3E00 and 2^-24 = 0x0001 in IEEE half, -2 = 0xC000 in bfloat16.
  const std::string data(
      "\x00\x3E\x01\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x04\x40\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 22);
  const SafetensorsFile file =
      parse_safetensors(with_length(R"({"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},)"
                                    R"("b":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]},)"
                                    R"("d":{"dtype":"F64","shape":[1],"data_offsets":[6,14]},)"
                                    R"("i":{"dtype":"I64","shape":[],"data_offsets":[14,22]}})",
                                    data),
                        "w");
  EXPECT_EQ(file.tensors.at("h")[0], 1.5F);
  EXPECT_EQ(file.tensors.at("h")[1], 0x1p-24F);
  EXPECT_EQ(file.tensors.at("b")[0], -2.0F);
  EXPECT_EQ(file.tensors.at("d")[0], 2.5F);
  EXPECT_EQ(file.tensors.at("i")[0], -2.0F);
}

TEST(Safetensors, RefusesWhatTheFormatForbids) {
  const std::string four(4, '\0');
  const auto one = [](const std::string& entry) {
    return with_length("{\"a\":" + entry + "}", std::string(4, '\0'));
  };
  EXPECT_THAT(message(""), HasSubstr("too few"));
  EXPECT_THAT(message(std::string(8, '\xFF') + "{}"), HasSubstr("does not fit"));
  EXPECT_THAT(message(with_length("[]")), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(message(with_length(" {}")), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(message(with_length("{\"a\"")), HasSubstr("not JSON at byte"));
  EXPECT_THAT(message(with_length("{}", four)), HasSubstr("tells of 0 bytes of tensors, the file holds 4"));
  const std::string good = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  EXPECT_EQ(message(one(good)), "no error");
  EXPECT_THAT(message(with_length("{\"a\":" + good + ",\"a\":" + good + "}", four)),
              HasSubstr("'a' stands twice"));
  EXPECT_THAT(message(with_length("{\"a\":" + good + ",\"b\":" + good + "}", four)),
              HasSubstr("'b' begins at byte 0, but the tensor before it ends at 4"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})")),
              HasSubstr("begins at byte 4"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})")),
              HasSubstr("do not hold shape 2"));
  EXPECT_THAT(message(one(R"({"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]})")),
              HasSubstr("dtype 'F8_E4M3'"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})")), HasSubstr("-1"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})")), HasSubstr("1.0"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})")), HasSubstr("do not hold"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,4]})")), HasSubstr("3 numbers"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[[1]],"data_offsets":[0,4]})")), HasSubstr("a list"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[1]})")), HasSubstr("no 'data_offsets'"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1})")),
              HasSubstr("unknown key 'x'"));
  EXPECT_THAT(message(one(R"({"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]})")),
              HasSubstr("too large"));
  EXPECT_THAT(message(with_length(R"({"__metadata__":{"a":1}})")), HasSubstr("1 where none belongs"));
  EXPECT_THAT(message(with_length(R"({"__metadata__":{"a":"1","a":"2"}})")), HasSubstr("'a' stands twice"));
  EXPECT_THAT(message(with_length("{\"a\":" + std::string(1'000'000, '['))), HasSubstr("a list"));
}

TEST(Safetensors, NoticesEveryFlippedBitOfItsOwnFiles) {
  const std::string good = small_file();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      // What remains readable is a file whose checksum key is another word; load_model() asks for that key.
      try {
        const SafetensorsFile file = parse_safetensors(bad, "w");
        EXPECT_FALSE(file.metadata.contains(std::string(kChecksumKey))) << "byte " << i << " bit " << bit;
      } catch (const ModelError&) {
      }
    }
  }
}

TEST(Safetensors, NoticesEveryCut) {
  const std::string good = small_file();
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(message(good.substr(0, size)), "no error") << size;
}

bool same(const SafetensorsFile& a, const SafetensorsFile& b) {
  if (a.tensors.size() != b.tensors.size()) return false;
  for (const auto& [name, tensor] : a.tensors) {
    if (!b.tensors.contains(name) || b.tensors.at(name).shape() != tensor.shape() ||
        std::memcmp(b.tensors.at(name).data(), tensor.data(), tensor.values().size_bytes()) != 0)
      return false;
  }
  return std::all_of(a.metadata.begin(), a.metadata.end(), [&](const auto& entry) {
    return entry.first == kChecksumKey || b.metadata.at(entry.first) == entry.second;
  });
}

// The file again, from memory.
SafetensorsFile written_and_read(const SafetensorsFile& file) {
  SafetensorsContent content;
  for (const auto& [key, text] : file.metadata) content.metadata.emplace(key, text);
  for (const auto& [name, tensor] : file.tensors) content.tensors.emplace(name, &tensor);
  return parse_safetensors(written(content), "again");
}

// Replaces, inserts and removes bytes of a file without a checksum: an error, or a file that can be written
// and read again.
TEST(Safetensors, StandsTwoThousandRandomMutations) {
  testing::DamagedBytes damaged(
      with_length(R"({"__metadata__":{"k":"v"},"a.b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                  R"("h":{"dtype":"F16","shape":[400],"data_offsets":[24,824]}})",
                  std::string(824, '\x3C')));
  int read = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string bad = damaged.next();
    try {
      const SafetensorsFile file = parse_safetensors(bad, "w");
      ++read;
      EXPECT_TRUE(same(file, written_and_read(file))) << bad;
    } catch (const ModelError&) {
    }
  }
  EXPECT_GT(read, 40);
}

}  // namespace
}  // namespace actionflow
