#include "base/remote/remote_file.h"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "base/remote/local_copy.h"
#include "base/remote/server_patience.h"
#include "tests/tools/certificates.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/object_server.h"
#include "tests/tools/server_process.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::EnvironmentVariable;
using ::testing::HasSubstr;
using testing::LogLines;
using ::testing::Not;
using testing::ObjectServer;
using testing::RequestHead;
using ::testing::StartsWith;

std::string some_bytes(std::size_t count) {
  Random random(7, "bytes");
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random.below(256));
  return bytes;
}

std::string read_all(RemoteFile& file, std::size_t step = 100'000) {
  std::string all;
  std::vector<std::uint8_t> piece(step);
  for (std::size_t count = 1; count > 0;) {
    count = file.read(all.size(), piece);
    all.append(reinterpret_cast<const char*>(piece.data()), count);
  }
  return all;
}

template <class Body>
std::string error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// The example "GET Object" of Amazon's documentation, with the keys and the signature that stand there.
TEST(AwsSignature, OfTheTestsServerIsThatOfTheDocumentation) {
  const RequestHead head(
      "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nRange: bytes=0-9\r\n"
      "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
      "x-amz-date: 20130524T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
      "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=x\r\n\r\n");
  EXPECT_EQ(testing::aws_signature(head, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(RemoteFile, GivesTheBytesInAnyOrderAndFetchesNoMoreThanItMust) {
  const std::string bytes = some_bytes(12'000'000);
  ObjectServer server;
  server.put("/a.bin", bytes);
  RemoteFile file(server.address("/a.bin"));
  EXPECT_TRUE(file.ranged());
  EXPECT_EQ(file.size(), bytes.size());
  EXPECT_TRUE(read_all(file) == bytes);
  EXPECT_LE(server.requests().size(), 8U);  // 0.25, 0.5, 1, 2, 4, 4 … MiB
  std::vector<std::uint8_t> piece(1000);
  for (const std::size_t offset : {11'999'500U, 5U, 6'000'000U, 11'999'999U}) {
    const std::size_t count = file.read(offset, piece);
    ASSERT_GT(count, 0U);
    EXPECT_EQ(bytes.compare(offset, count, reinterpret_cast<const char*>(piece.data()), count), 0) << offset;
  }
  EXPECT_EQ(file.read(bytes.size(), piece), 0U);
}

TEST(RemoteFile, GoesOnWhereAConnectionWasCutAndWaitsWhileTheServerIsBusy) {
  const std::string bytes = some_bytes(3'000'000);
  ObjectServer server;
  server.put("/a.bin", bytes);
  const LogLines log;
  server.fail(
      {{.status = "503 Slow Down"}, {.cut_after = 1000}, {}, {.cut_after = 70'000}, {.cut_after = 0}});
  RemoteFile file(server.address("/a.bin"));
  EXPECT_TRUE(read_all(file) == bytes);
  EXPECT_EQ(server.requests()[2].header("range"), "bytes=1000-262143");
  EXPECT_LE(log.lines().size(), 1U);
}

TEST(RemoteFile, WaitsForAServerThatRefusesConnectionsForAMoment) {
  const std::string bytes = some_bytes(3'000'000);
  ObjectServer server;
  server.put("/a.bin", bytes);
  const LogLines log;
  RemoteFile file(server.address("/a.bin"));
  server.stop();
  std::thread restart([&] {
    std::this_thread::sleep_for(700ms);
    server.start();
  });
  EXPECT_TRUE(read_all(file) == bytes);
  restart.join();
}

TEST(RemoteFile, GivesUpInTheEndAndIsPatientAnewOnceTheServerAnswers) {
  const EnvironmentVariable patience("ACTIONFLOW_PATIENCE", "1");
  ObjectServer server;
  server.put("/a.bin", some_bytes(1'000'000));
  server.fail(std::vector<ObjectServer::Fault>(30, {.status = "429 Too Many Requests"}));
  EXPECT_THROW(RemoteFile(server.address("/a.bin")), ServerLost);
  const std::size_t asked = server.requests().size();
  EXPECT_GT(asked, 2U);
  EXPECT_THAT(error_of([&] { RemoteFile(server.address("/b.bin")); }),
              AllOf(HasSubstr("/b.bin: the server answers 429 Trouble"), HasSubstr("ACTIONFLOW_PATIENCE")));
  EXPECT_EQ(server.requests().size(), asked + 1) << "whom nobody waits for any more";
  server.fail({});
  RemoteFile file(server.address("/a.bin"));
  server.fail({{.status = "503 Slow Down"}});
  EXPECT_EQ(read_all(file).size(), 1'000'000U);
}

TEST(RemoteFile, SaysOfAServerThatNeverAnsweredThatTheFileCannotBeRead) {
  const EnvironmentVariable patience("ACTIONFLOW_PATIENCE", "1");
  EXPECT_THROW(RemoteFile("http://127.0.0.1:1/a.mp4"), SourceError);
  EXPECT_THROW(RemoteFile("http://no-such-host.invalid/a.mp4"), SourceError);
  const EnvironmentVariable nonsense("ACTIONFLOW_PATIENCE", "soon");
  EXPECT_THAT(error_of([] { RemoteFile("http://127.0.0.1:1/a.mp4"); }),
              HasSubstr("ACTIONFLOW_PATIENCE is 'soon', expected seconds"));
}

TEST(RemoteFile, TakesKeysThatHaveRunOutForNoTroubleOfTheFile) {
  ObjectServer server;
  server.fail({{.status = "400 Bad Request", .code = "ExpiredToken"}});
  EXPECT_THROW(RemoteFile(server.address("/a.bin")), ServerLost);
}

TEST(ServerPatience, NamesServersByTheirAddresses) {
  EXPECT_EQ(server_of("https://me:secret@host:8443/a/b@c?d=e"), "https://host:8443");
  EXPECT_EQ(server_of("http://host"), "http://host");
}

TEST(RemoteFile, RefusesAnswersThatAreNotWhatWasAskedFor) {
  ObjectServer server;
  server.put("/a.bin", some_bytes(3'000'000));
  server.fail({{}, {.shift = 1}});
  RemoteFile shifted(server.address("/a.bin"));
  EXPECT_THAT(error_of([&] { read_all(shifted); }),
              HasSubstr("the server gives bytes from 262145 on where those from 262144 were asked for"));
  RemoteFile replaced(server.address("/a.bin"));
  server.put("/a.bin", some_bytes(3'000'000));
  EXPECT_THAT(error_of([&] { read_all(replaced); }), HasSubstr("became another file while it was read"));
}

TEST(RemoteFile, NamesWhatIsWrong) {
  ObjectServer server;
  EXPECT_THAT(error_of([&] { RemoteFile(server.address("/none.mp4")); }),
              AllOf(HasSubstr("/none.mp4: the server answers 404 NoSuchKey"), HasSubstr("check the path")));
  EXPECT_THAT(error_of([] { RemoteFile("s3://bucket"); }), HasSubstr("expected s3://BUCKET/KEY"));
  EXPECT_THAT(error_of([&] { RemoteFile(server.address("/a"), {.stopped = [] { return true; }}); }),
              HasSubstr("stopped"));
}

TEST(RemoteFile, TakesSmallFilesWholeFromAServerWithoutRanges) {
  const std::string bytes = some_bytes(100'000);
  ObjectServer server;
  server.give_no_ranges();
  server.put("/small.bin", bytes);
  server.put("/large.bin", some_bytes(17 << 20));
  RemoteFile small(server.address("/small.bin")), large(server.address("/large.bin"));
  EXPECT_FALSE(small.ranged());
  EXPECT_TRUE(read_all(small) == bytes);
  EXPECT_THAT(error_of([&] { read_all(large); }), HasSubstr("expected a server that answers Range"));
}

// "openssl s_server -WWW": files of its folder, without ranges and lengths.
class TlsServer : public testing::ServerProcess {
 public:
  TlsServer() { std::ofstream(folder() / "list.txt") << "a.mp4 0\nb.mp4 1\n"; }
  std::string address() const { return "https://localhost:" + std::to_string(port()) + "/list.txt"; }
  std::string authorities() const { return certificates_.file("ca.pem"); }

 private:
  std::vector<std::string> command() const override {
    return {"/bin/sh", "-c",
            "cd " + folder().path().string() + " && exec openssl s_server -quiet -WWW -accept " +
                std::to_string(port()) + " -cert " + certificates_.file("cert.pem") + " -key " +
                certificates_.file("key.pem")};
  }
  const testing::Certificates certificates_;
};

TEST(RemoteFile, TrustsOnlyServersThatAnAuthorityVouchesFor) {
  TlsServer server;
  server.start();
  EXPECT_THAT(error_of([&] { RemoteFile(server.address()); }),
              AllOf(HasSubstr("certificate"), HasSubstr("check the address")));
  const EnvironmentVariable authorities("SSL_CERT_FILE", server.authorities());
  EXPECT_EQ(read_remote(server.address(), 100), "a.mp4 0\nb.mp4 1\n");
}

class Bucket : public ::testing::Test {
 protected:
  ObjectServer server_;
  const EnvironmentVariable endpoint_{"AWS_ENDPOINT_URL", server_.address()};
  const EnvironmentVariable region_{"AWS_REGION", "eu-west-1"};
  const EnvironmentVariable key_{"AWS_ACCESS_KEY_ID", "AKIDFORTESTS"};
  const EnvironmentVariable secret_{"AWS_SECRET_ACCESS_KEY", "the/secret+of tests"};
  const EnvironmentVariable token_{"AWS_SESSION_TOKEN", "the+token=="};
};

TEST_F(Bucket, IsReadWithASignature) {
  const std::string bytes = some_bytes(600'000);
  server_.want_signature("AKIDFORTESTS", "the/secret+of tests");
  server_.put("/films/day%201/a%2Bb%3F%20%C3%A9~%281%29.mp4", bytes);
  RemoteFile file("s3://films/day 1/a+b? \xC3\xA9~(1).mp4");
  EXPECT_TRUE(read_all(file) == bytes);
  const RequestHead last = server_.requests().back();
  EXPECT_THAT(last.header("authorization"), HasSubstr("/eu-west-1/s3/aws4_request"));
  EXPECT_EQ(last.header("x-amz-security-token"), "the+token==");
  EXPECT_THAT(testing::part_of(last.header("authorization"), "SignedHeaders"),
              HasSubstr("x-amz-security-token"));
}

TEST_F(Bucket, NeverShowsKeys) {
  const LogLines log;
  server_.want_signature("AKIDFORTESTS", "another secret");
  server_.put("/films/a.mp4", "x");
  const std::string error = error_of([] { RemoteFile("s3://films/a.mp4"); });
  EXPECT_THAT(error,
              AllOf(StartsWith("s3://films/a.mp4: the server answers 403 SignatureDoesNotMatch; check AWS_"),
                    HasSubstr("now eu-west-1"), Not(HasSubstr("AKID")), Not(HasSubstr("secret+"))));
  const std::string web = server_.address("/films/a.mp4?X-Amz-Signature=abcdef");
  EXPECT_THAT(error_of([&] { RemoteFile file(web); }), Not(HasSubstr("abcdef")));
  for (const std::string& line : log.lines()) EXPECT_THAT(line, Not(HasSubstr("secret")));
}

TEST_F(Bucket, WantsBothKeysOrNone) {
  const EnvironmentVariable no_secret("AWS_SECRET_ACCESS_KEY", "");
  EXPECT_THAT(error_of([] { RemoteFile("s3://films/a.mp4"); }),
              HasSubstr("AWS_SECRET_ACCESS_KEY is not set"));
  const EnvironmentVariable no_key("AWS_ACCESS_KEY_ID", "");
  server_.put("/films/a.mp4", "x");
  RemoteFile open("s3://films/a.mp4");
  EXPECT_EQ(server_.requests().back().header("authorization"), "");
}

class LocalCopy : public ::testing::Test {
 protected:
  ObjectServer server_;
  const testing::TemporaryFolder folder_;
  const EnvironmentVariable cache_{"ACTIONFLOW_CACHE", folder_.path().string()};
};

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_F(LocalCopy, StandsUnderItsOwnNameAndIsFetchedAnewOnlyWhenItChanged) {
  server_.put("/runs/best.safetensors", some_bytes(700'000));
  const std::filesystem::path first = local_copy(server_.address("/runs/best.safetensors"));
  EXPECT_EQ(first.filename(), "best.safetensors");
  EXPECT_TRUE(content(first) == some_bytes(700'000));
  const std::size_t asked = server_.requests().size();
  EXPECT_EQ(local_copy(server_.address("/runs/best.safetensors")), first);
  EXPECT_EQ(server_.requests().size(), asked + 1);
  server_.put("/runs/best.safetensors", "new");
  EXPECT_EQ(content(local_copy(server_.address("/runs/best.safetensors"))), "new");
  EXPECT_EQ(local_copy("/some/file"), "/some/file");
  const EnvironmentVariable endpoint("AWS_ENDPOINT_URL", server_.address());
  server_.put("/runs/take#2?.safetensors", "key");
  EXPECT_EQ(local_copy("s3://runs/take#2?.safetensors").filename(), "take#2?.safetensors");
}

TEST_F(LocalCopy, IsFetchedOnceHoweverManyWantIt) {
  server_.put("/runs/best.safetensors", some_bytes(3'000'000));
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      EXPECT_TRUE(content(local_copy(server_.address("/runs/best.safetensors"))) == some_bytes(3'000'000));
    });
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> ranges;
  std::size_t fetches = 0;
  for (const RequestHead& request : server_.requests()) {
    const std::string range = request.header("range");
    if (range == "bytes=0-0") continue;
    EXPECT_TRUE(ranges.insert(range).second) << range << " came twice";
    ++fetches;
  }
  EXPECT_GT(fetches, 0U);
}

TEST_F(LocalCopy, GoesWhenOthersNeedItsRoom) {
  const EnvironmentVariable limit("ACTIONFLOW_CACHE_GB", "0.001");
  std::vector<std::filesystem::path> copies;
  for (const char* name : {"/a", "/b", "/c"}) {
    server_.put(name, some_bytes(400'000));
    copies.push_back(local_copy(server_.address(name)));
    const auto hours = std::chrono::hours(copies.size());
    std::filesystem::last_write_time(copies.back(),
                                     std::filesystem::file_time_type::clock::now() - 9h + hours);
  }
  EXPECT_FALSE(std::filesystem::exists(copies[0]));
  EXPECT_TRUE(std::filesystem::exists(copies[1]));
  EXPECT_TRUE(std::filesystem::exists(copies[2]));
}

}  // namespace
}  // namespace actionflow
