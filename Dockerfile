FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY main.go ./
COPY api api
COPY controllers controllers
COPY pkg pkg
ARG TARGETOS TARGETARCH VERSION
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /seam-operator .

FROM gcr.io/distroless/static:nonroot
COPY --from=build /seam-operator /seam-operator
USER 65532:65532
ENTRYPOINT ["/seam-operator"]
