"""Asked by Amazon Q Business before it takes in an image: answers with a text that describes it."""

import json
import os

import boto3

FORMATS = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png"}  # what Converse calls them
PROMPT = "Describe this image for a search index: every text, figure, axis and relation that can be seen."
s3, bedrock = boto3.client("s3"), boto3.client("bedrock-runtime")


def handler(event, context):
    bucket, key = event["s3Bucket"], event["s3ObjectKey"]
    kind = FORMATS.get(key.rsplit(".", 1)[-1].lower())
    if kind is None:
        # Not an image: the document goes on as it is.
        return {"version": "v0", "s3ObjectKey": key, "metadataUpdates": []}
    image = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    answer = bedrock.converse(
        modelId=os.environ["MODEL_ID"],
        inferenceConfig={"maxTokens": 2000, "temperature": 0},
        messages=[
            {
                "role": "user",
                "content": [{"image": {"format": kind, "source": {"bytes": image}}}, {"text": PROMPT}],
            }
        ],
    )
    text = "".join(part.get("text", "") for part in answer["output"]["message"]["content"])
    output = "cde_output/" + key + ".txt"
    s3.put_object(Bucket=bucket, Key=output, Body=text.encode())
    print(json.dumps({"described": key, "characters": len(text)}))
    return {"version": "v0", "s3ObjectKey": output, "metadataUpdates": []}
