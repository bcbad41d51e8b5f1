// The server alone: what it takes, what it gives, and that nobody can hold it up. Over real sockets.
#include "pipeline/web/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "tests/datasets/make_video.h"
#include "tests/tools/http_ask.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class Http : public ::testing::Test {
 protected:
  Http() {
    std::ofstream(folder_ / "file.txt") << "0123456789";
    server_ = std::make_unique<HttpServer>("127.0.0.1", 0, [this](const HttpRequest& request) {
      if (request.path == "/file") return HttpAnswer{.type = "text/plain", .file = folder_ / "file.txt"};
      if (request.path == "/missing") return HttpAnswer{.file = folder_ / "missing.txt"};
      if (request.path == "/throw") throw std::runtime_error("inside");
      return HttpAnswer{.body = request.method + " " + request.path + " " +
                                request.parameter("a").value_or("-") + " " + request.body};
    });
  }
  int port() const { return server_->port(); }

  TemporaryFolder folder_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, AnswersWhatItIsAsked) {
  EXPECT_EQ(http_get(port(), "/x%20y?a=1%262&b=3").body, "GET /x y 1&2 ");
  EXPECT_EQ(http_ask(port(), "POST", "/p", {}, "body").body, "POST /p - body");
  const HttpReply head = http_ask(port(), "HEAD", "/file");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "10");
  EXPECT_EQ(head.body, "");
  const HttpReply thrown = http_get(port(), "/throw");
  EXPECT_EQ(thrown.status, 500);
  EXPECT_EQ(thrown.body.find("inside"), std::string::npos) << "for the log, not for everybody";
}

TEST_F(Http, GivesFilesAndPartsOfThem) {
  EXPECT_EQ(http_get(port(), "/file").body, "0123456789");
  const HttpReply part = http_get(port(), "/file", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.headers.at("content-range"), "bytes 2-4/10");
  EXPECT_EQ(http_get(port(), "/file", {{"Range", "bytes=7-"}}).body, "789");
  EXPECT_EQ(http_get(port(), "/file", {{"Range", "bytes=20-"}}).status, 416);
  EXPECT_EQ(http_get(port(), "/file", {{"Range", "bytes=2-400"}}).status, 416);
  EXPECT_NE(http_get(port(), "/file", {{"Range", "bytes=0-9,0-9,0-9"}}).status, 206);
  EXPECT_EQ(http_get(port(), "/missing").status, 404);
}

TEST_F(Http, RefusesWhatIsTooLarge) {
  EXPECT_EQ(http_get(port(), "/" + std::string(600, 'x')).status, 414);
  EXPECT_EQ(http_ask(port(), "POST", "/p", {}, std::string(HttpServer::kMostBody + 1, 'x')).status, 413);
  HttpHeaders many;
  for (int k = 0; k < 1000; ++k) many["X-" + std::to_string(k)] = std::string(100, 'x');
  EXPECT_NE(http_get(port(), "/", many).status, 200);
  const Connected nonsense(port());
  nonsense.send("nonsense\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(nonsense.receive_all().find("GET /"), std::string::npos) << "what follows it is not heard";
  EXPECT_EQ(http_get(port(), "/").status, 200) << "and goes on";
}

TEST_F(Http, ClientsThatNeverFinishAskingKeepNobodyOut) {
  std::vector<Connected> slow;
  for (std::size_t k = 0; k < 3 * HttpServer::kMostConnections; ++k) {
    slow.emplace_back(port());
    slow.back().send("GET / HTTP/1.1\r\nHost: 127");
    EXPECT_TRUE(k % 16 != 0 || http_get(port(), "/").status == 200) << k;
  }
  EXPECT_EQ(http_get(port(), "/").status, 200);
  // The first ones had to go for those after them.
  EXPECT_EQ(slow.front().receive_all(), "");
}

TEST_F(Http, EndsWithConnectionsOpen) {
  const Connected idle(port());
  const Connected asking(port());
  asking.send("GET / HT");
  server_.reset();
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_EQ(asking.receive_all(), "");
}

TEST_F(Http, SaysWhereItCannotListen) {
  try {
    HttpServer again("127.0.0.1", port(), [](const HttpRequest&) { return HttpAnswer(); });
    FAIL() << "listens twice";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("web: cannot listen on 127.0.0.1:" + std::to_string(port())));
  }
}

}  // namespace
}  // namespace actionflow::testing
